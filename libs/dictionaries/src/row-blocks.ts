import { InputError } from '@fathom/errors';

/** Refuses an array that is not n × d, or that is empty. */
export function requireMatrix(name: string, data: Float32Array | Float64Array, n: number, d: number): void {
  requireCount(`rows of ${name}`, n);
  requireCount(`columns of ${name}`, d);
  if (data.length !== n * d)
    throw new InputError({ field: name, problem: 'wrong number of values', value: data.length, accepted: `${n} × ${d} values` });
}

/** Refuses anything but an integer of at least 1 and at most `most`. */
export function requireCount(field: string, value: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    const accepted = most === Number.MAX_SAFE_INTEGER ? 'an integer of at least 1' : `an integer from 1 to ${most}`;
    throw new InputError({ field, problem: 'not a possible number', value, accepted });
  }
}

/** Refuses NaN, infinity and, where `negative` is false, negative numbers; names tensor, row and column. */
export function requireValues(name: string, block: Float32Array | Float64Array, firstRow: number, d: number, negative: boolean): void {
  const least = negative ? -Number.MAX_VALUE : 0;
  for (let at = 0; at < block.length; at++) {
    const value = block[at]!;
    if (value >= least && value <= Number.MAX_VALUE) continue;
    const place = `${name}[row ${firstRow + Math.floor(at / d)}, column ${at % d}]`;
    const problem = Number.isFinite(value) ? 'negative' : 'not a finite number';
    throw new InputError({ field: place, problem, value, accepted: negative ? 'finite numbers' : 'finite numbers of at least 0' });
  }
}

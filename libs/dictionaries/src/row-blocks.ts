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

/** Refuses NaN, infinity, numbers that are larger than `most` in size and, where `negative` is false, negative ones; names tensor, row and column. */
export function requireValues(
  name: string,
  block: Float32Array | Float64Array,
  firstRow: number,
  d: number,
  negative: boolean,
  most = Number.MAX_VALUE,
): void {
  const least = negative ? -most : 0;
  for (let at = 0; at < block.length; at++) {
    const value = block[at]!;
    if (value >= least && value <= most) continue;
    const place = `${name}[row ${firstRow + Math.floor(at / d)}, column ${at % d}]`;
    const problem = !Number.isFinite(value) ? 'not a finite number' : Math.abs(value) > most ? 'too large' : 'negative';
    const size = most === Number.MAX_VALUE ? '' : ` of at most ${most} in size`;
    throw new InputError({ field: place, problem, value, accepted: `finite numbers${negative ? '' : ' of at least 0'}${size}` });
  }
}

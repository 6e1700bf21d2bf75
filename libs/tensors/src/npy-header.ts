import { InputError } from '@fathom/errors';
import type { DType } from './dtype.js';
import { matrixShape } from './shape.js';

/** What the header of an npy file says. */
export interface NpyHeader {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

const DTYPE_OF: Readonly<Record<string, DType>> = {
  '<f2': 'F16',
  '<f4': 'F32',
  '<f8': 'F64',
  '|i1': 'I8',
  '|u1': 'U8',
  '<i2': 'I16',
  '<i4': 'I32',
  '<i8': 'I64',
  '|b1': 'BOOL',
};

type Literal = string | boolean | number | readonly Literal[];

/**
 * Reads the header of an npy file: the Python dict literal `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
 * @throws InputError naming the file: no such dict, a dtype that is not supported (big-endian ones among them), Fortran order, a shape too large.
 */
export function parseNpyHeader(text: string, file: string): NpyHeader {
  const fields = new DictReader(text, file).read();
  const descr = fields.get('descr');
  const fortran = fields.get('fortran_order');
  const shape = fields.get('shape');
  if (
    fields.size !== 3 ||
    descr === undefined ||
    typeof fortran !== 'boolean' ||
    !Array.isArray(shape) ||
    shape.some((size) => typeof size !== 'number')
  )
    throw new InputError({
      field: file,
      problem: 'its header does not describe an array',
      value: text.trim(),
      accepted: 'descr, fortran_order and shape',
    });
  const dtype = typeof descr === 'string' && Object.hasOwn(DTYPE_OF, descr) ? DTYPE_OF[descr] : undefined;
  if (dtype === undefined)
    throw new InputError({
      field: file,
      problem: notSupported(descr),
      value: descr,
      accepted: `little-endian ${Object.keys(DTYPE_OF).join(', ')}`,
    });
  // A matrix of one row or column, or less, is the same in both orders.
  if (fortran && (shape as number[]).filter((size) => size !== 1).length > 1)
    throw new InputError({
      field: file,
      problem: 'in Fortran (column-major) order',
      accepted: 'C order; write it again with numpy.ascontiguousarray',
    });
  matrixShape(shape as number[], file);
  return { dtype, shape: shape as number[] };
}

function notSupported(descr: Literal): string {
  return typeof descr === 'string' && descr.startsWith('>') ? 'big-endian elements are not supported' : 'dtype not supported';
}

const TOKEN = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False)|(\d+)L?|([{}()[\],:]))/y;

/** Reads a dict of strings, booleans, integers, tuples and lists. */
class DictReader {
  readonly #tokens: Literal[] = [];
  #at = 0;

  constructor(
    readonly text: string,
    readonly file: string,
  ) {
    TOKEN.lastIndex = 0;
    for (let from = 0, end = text.trimEnd().length; from < end; from = TOKEN.lastIndex) {
      const match = TOKEN.exec(text);
      if (match === null) throw this.#broken();
      const [, single, double, boolean, integer, sign] = match;
      if (sign !== undefined) this.#tokens.push([sign]);
      else if (boolean !== undefined) this.#tokens.push(boolean === 'True');
      else if (integer !== undefined) this.#tokens.push(Number(integer));
      else this.#tokens.push((single ?? double)!);
    }
  }

  read(): Map<string, Literal> {
    const fields = new Map<string, Literal>();
    this.#expect('{');
    while (!this.#take('}')) {
      const name = this.#value();
      this.#expect(':');
      if (typeof name !== 'string' || fields.has(name)) throw this.#broken();
      fields.set(name, this.#value());
      if (!this.#take(',') && !this.#sees('}')) throw this.#broken();
    }
    if (this.#at !== this.#tokens.length) throw this.#broken();
    return fields;
  }

  /** Lists in a list, as of a structured dtype, are the deepest; nothing that is read has more. */
  #value(depth = 0): Literal {
    const close = this.#take('(') ? ')' : this.#take('[') ? ']' : undefined;
    if (close === undefined) {
      const token = this.#tokens[this.#at++];
      if (token === undefined || Array.isArray(token)) throw this.#broken();
      return token;
    }
    if (depth > 1) throw this.#broken();
    const values: Literal[] = [];
    while (!this.#take(close)) {
      values.push(this.#value(depth + 1));
      if (!this.#take(',') && !this.#sees(close)) throw this.#broken();
    }
    return values;
  }

  /** Signs are kept as arrays of one, apart from strings. */
  #sees(sign: string): boolean {
    const token = this.#tokens[this.#at];
    return Array.isArray(token) && token[0] === sign;
  }

  #take(sign: string): boolean {
    const seen = this.#sees(sign);
    if (seen) this.#at++;
    return seen;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw this.#broken();
  }

  #broken(): InputError {
    return new InputError({
      field: this.file,
      problem: 'its header cannot be read',
      value: this.text.trim(),
      accepted: 'the header of an npy file, as numpy.save writes it',
    });
  }
}

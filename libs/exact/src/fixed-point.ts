import { InputError } from '@fathom/errors';

/** Bits of a value in fixed point: 16 keep about 4 digits of the column's range, 24 about 7. */
export type Bits = 16 | 24;

/** How the columns of a matrix are read as integers: q = round_half_even((x − centre)·scale), |q| ≤ {@link largestInteger} (docs/measures.md §10.2). */
export interface FixedPoint {
  readonly bits: Bits;
  /** One float32 value a column; 0 where the columns are not centred. */
  readonly centre: Float64Array;
  /** One power of two a column. */
  readonly scale: Float64Array;
}

/** How to read columns. */
export interface FixedPointOptions {
  /** @default 16 */
  readonly bits?: Bits;
  /** Whether values are taken from the middle of the column's range: right for products that are centred later. @default true */
  readonly centred?: boolean;
  /** Of the matrix, for errors. @default none */
  readonly name?: string;
}

const MOST_EXPONENT = 500;

/** Largest |q|: its bytes, each in −128..127, still fit: 127·256 + 127, or 127·65,536 + 127·256 + 127. */
export function largestInteger(bits: Bits): number {
  return bits === 16 ? 32_639 : 8_355_711;
}

/**
 * The fixed point of columns (docs/measures.md §10.2), from their minima and maxima alone. A column whose values differ by less than
 * about 2⁻⁵⁰⁰ is as good as constant.
 *
 * @param ranges minima and maxima of the columns, finite
 * @throws InputError naming the column where they are not finite, not in order, or 1e150 and more apart
 */
export function fixedPoint(
  ranges: { readonly min: ArrayLike<number>; readonly max: ArrayLike<number> },
  options: FixedPointOptions = {},
): FixedPoint {
  const { bits = 16, centred = true, name } = options;
  const columns = ranges.min.length;
  const field = (column: number): string => `${name === undefined ? '' : `${name}, `}range of column ${column}`;
  const centre = new Float64Array(columns);
  const scale = new Float64Array(columns);
  for (let column = 0; column < columns; column += 1) {
    const [low, high] = [ranges.min[column]!, ranges.max[column]!];
    if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high))
      throw new InputError({ field: field(column), problem: 'is no range', value: [low, high], accepted: 'finite numbers, in order' });
    const constant = low === high;
    if (centred) centre[column] = constant ? low : asFinite32(low / 2 + high / 2); // a constant column comes out as exactly 0
    const farthest = Math.max(high - centre[column]!, centre[column]! - low);
    scale[column] = farthest > 0 ? powerOfTwo(exponentFor(farthest, largestInteger(bits))) : 1;
    if (farthest * scale[column]! > largestInteger(bits))
      throw new InputError({
        field: field(column),
        problem: 'is too wide',
        value: [low, high],
        accepted: 'values below 1e150 in size',
      });
  }
  return { bits, centre, scale };
}

/** Adding and subtracting 1.5·2⁵² rounds to the nearest integer, half to even. */
const ROUND = 6_755_399_441_055_744;

/** The nearest integer, half to even; for values below 2⁵¹ in size. */
export function roundHalfEven(value: number): number {
  return value + ROUND - ROUND;
}

/** A value of a column as an integer. Values outside of the column's range come out too large; see {@link largestInteger}. */
export function toInteger(value: number, { centre, scale }: FixedPoint, column: number): number {
  return roundHalfEven((value - centre[column]!) * scale[column]!);
}

/** The error for a value whose integer is too large: one outside of its column's range, or none that is finite. */
export function outOfRange(name: string, row: number, column: number, value: number): InputError {
  const finite = Number.isFinite(value);
  return new InputError({
    field: `${name}, row ${row}, column ${column}`,
    problem: finite ? 'is outside of the range that was given for its column' : 'not a finite number',
    value,
    accepted: finite ? 'values between the minimum and the maximum of the column' : 'finite numbers',
  });
}

const view = new DataView(new ArrayBuffer(8));

/** 2^e for a whole e in −1022..1023, exactly. */
export function powerOfTwo(exponent: number): number {
  view.setInt32(0, (exponent + 1023) << 20);
  return view.getFloat64(0);
}

/** The largest e in ±500 with value·2^e ≤ limit; value > 0. */
export function exponentFor(value: number, limit: number): number {
  let low = -MOST_EXPONENT;
  let high = MOST_EXPONENT;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (value * powerOfTwo(middle) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The float32 nearest to a value; beyond the range of float32, its largest. */
function asFinite32(value: number): number {
  const LARGEST = 3.4028234663852886e38;
  return Math.fround(Math.min(LARGEST, Math.max(-LARGEST, value)));
}

import type { IntegerEngine, Task } from '@fathom/exact';
import { DIGITS, joinLevels, toInteger, type VectorDigits } from './byte-digits.js';
import type { ChunkPlanes } from './chunk-planes.js';
import { addCross, addGramLevels, type CodeSums } from './code-sums.js';
import { updateCodes } from './hals.js';

/** One pass over a chunk of rows: its codes are computed, rounded to 24 bits of their column, and added to ZᵀA and ZᵀZ. */
export interface SweepInput {
  readonly planes: ChunkPlanes;
  /** rows × r, row-major, shared; written over with multiples of 1/codeScale. */
  readonly codes: Float64Array;
  /** A power of two for each column of the codes. */
  readonly codeScale: Float64Array;
  /**
   * What becomes of the codes: inner products with vectors; one HALS update towards atoms, `gram` being DDᵀ; nothing but rounding
   * where absent.
   */
  readonly towards?: { readonly vectors: VectorDigits; readonly gram?: Float64Array };
  /** Where the sums are added; no other task may do so at the same time. */
  readonly sums?: CodeSums;
}

/** int32 values of a product at a time. */
const MOST_VALUES = 2 ** 23;

/** See {@link SweepInput}. */
export const sweepChunk: Task<SweepInput, void> = {
  module: __filename,
  name: 'sweepChunk',
  run: async ({ planes, codes, codeScale, towards, sums }, engine) => {
    const r = codeScale.length;
    if (towards) {
      const step = Math.max(1, Math.floor(MOST_VALUES / (DIGITS * r)));
      for (let first = 0; first < planes.rows; first += step) {
        const rows = Math.min(step, planes.rows - first);
        const products = await productsWith(planes, first, rows, towards.vectors, engine);
        if (towards.gram) updateCodes(codes, first * r, products, towards.gram, codeScale, rows, r);
        else codes.set(products, first * r);
      }
    }
    if (!towards?.gram) roundCodes(codes, codeScale);
    if (sums) await addSums(planes, codes, codeScale, sums, engine);
  },
};

/** Inner products of rows with vectors, rows × count: exact for the rounded rows and vectors but for the term below 2⁻²⁴. */
export async function productsWith(
  { left, columns }: ChunkPlanes,
  first: number,
  rows: number,
  vectors: VectorDigits,
  engine: IntegerEngine,
): Promise<Float64Array> {
  const levels = new Int32Array(rows * DIGITS * vectors.count);
  const steps = 2 * columns;
  await engine.product(left.subarray(first * steps, (first + rows) * steps), vectors.bytes, { rows, steps, columns: DIGITS * vectors.count }, levels);
  return joinLevels(levels, rows, vectors);
}

function roundCodes(codes: Float64Array, codeScale: Float64Array): void {
  const r = codeScale.length;
  for (let at = 0; at < codes.length; at += r) for (let j = 0; j < r; j++) codes[at + j] = toInteger(codes[at + j]!, codeScale[j]!) / codeScale[j]!;
}

async function addSums(planes: ChunkPlanes, codes: Float64Array, codeScale: Float64Array, sums: CodeSums, engine: IntegerEngine): Promise<void> {
  const { rows, columns, right } = planes;
  const r = codeScale.length;
  const digits = codeDigits(codes, codeScale, rows);
  const shape = { rows: DIGITS * r, steps: rows, columns };
  const [high, low] = [new Int32Array(DIGITS * r * columns), new Int32Array(DIGITS * r * columns)];
  await engine.product(digits.turned, right.subarray(0, rows * columns), shape, high);
  await engine.product(digits.turned, right.subarray(rows * columns), shape, low);
  addCross(sums.cross, high, low);
  const gram = new Int32Array(DIGITS * r * DIGITS * r);
  await engine.product(digits.turned, digits.straight, { rows: DIGITS * r, steps: rows, columns: DIGITS * r }, gram);
  addGramLevels(sums.gram, gram, r);
}

/** The codes' digits, digit by digit: turned, 3·r × rows, plus 128; and straight, rows × 3·r. */
function codeDigits(codes: Float64Array, codeScale: Float64Array, rows: number): { turned: Uint8Array; straight: Int8Array } {
  const r = codeScale.length;
  const turned = new Uint8Array(DIGITS * r * rows);
  const straight = new Int8Array(DIGITS * r * rows);
  for (let first = 0; first < rows; first += SQUARE) {
    const end = Math.min(rows, first + SQUARE);
    for (let j = 0; j < r; j++) cutColumn(codes, j, codeScale[j]!, first, end, r, rows, turned, straight);
  }
  return { turned, straight };
}

/** Rows of a column of codes that are cut one after the other, so that what lies across stays in the cache. */
const SQUARE = 64;

function cutColumn(
  codes: Float64Array,
  j: number,
  scale: number,
  first: number,
  end: number,
  r: number,
  rows: number,
  turned: Uint8Array,
  straight: Int8Array,
): void {
  const plane = r * rows;
  for (let i = first; i < end; i++) {
    const q = (codes[i * r + j]! * scale) | 0; // an int32: it has 24 bits
    const middle = (q + 128) >> 8;
    const high = (middle + 128) >> 8;
    const second = middle - (high << 8);
    const last = q - (middle << 8);
    const across = i * DIGITS * r + j;
    straight[across] = high;
    straight[across + r] = second;
    straight[across + 2 * r] = last;
    const down = j * rows + i;
    turned[down] = high + 128;
    turned[down + plane] = second + 128;
    turned[down + 2 * plane] = last + 128;
  }
}

import { threadArray, transposeBiased, type IntegerEngine, type Task } from '@fathom/exact';
import { bringArrayBack, KernelLayout, kernels, layArray, placeForArray } from '@fathom/kernels';
import { joinLevels, lineOf, mostOf, toInteger, type Digits, type VectorDigits } from './byte-digits.js';
import type { ChunkPlanes } from './chunk-planes.js';
import { addCross, addGramLevels, clearSums, type CodeSums } from './code-sums.js';
import { updateCodes, type CodesStep } from './hals.js';

/** One pass over a chunk of rows: its codes are computed, rounded to as many digits as the vectors have, and may be added to ZᵀA and ZᵀZ. */
export interface SweepInput {
  readonly planes: ChunkPlanes;
  /** rows × r, row-major, shared. */
  readonly codes: Float64Array;
  /** Where the new codes go, multiples of 1/codeScale: of the same shape, shared; may be `codes`. */
  readonly into: Float64Array;
  /** A power of two for each column of the codes. */
  readonly codeScale: Float64Array;
  readonly vectors: VectorDigits;
  /** One HALS update towards the atoms that `vectors` are, and beyond it. Where absent, codes become inner products with vectors. */
  readonly update?: Pick<CodesStep, 'gram' | 'reach'>;
  /** Where the sums are added, of as many digits, ZᵀA only where there is room for it; no other task may do so at the same time. */
  readonly sums?: CodeSums;
  /** Whether what the sums held before is left out. @default false */
  readonly isFirst?: boolean;
  /** Whether the high bytes stand for the rows. @default false */
  readonly isCoarse?: boolean;
}

/** int32 values of a product at a time. */
const MOST_VALUES = 2 ** 23;
/** Codes that are cut at a time: they fit a processor's cache. */
const MOST_CUT = 2 ** 15;

/** See {@link SweepInput}. */
export const sweepChunk: Task<SweepInput, void> = {
  module: __filename,
  name: 'sweepChunk',
  run: async ({ planes, codes, into, codeScale, vectors, update, sums, isFirst = false, isCoarse = false }, engine) => {
    const r = codeScale.length;
    const most = mostOf(vectors.digits);
    const step = Math.max(1, Math.floor(MOST_VALUES / lineOf(vectors.digits, r)));
    for (let first = 0; first < planes.rows; first += step) {
      const rows = Math.min(step, planes.rows - first);
      const products = await productsWith(planes, first, rows, vectors, engine, isCoarse);
      if (update) updateCodes(codes, into, first * r, rows, { ...update, products, codeScale, most });
      else into.set(products, first * r);
    }
    if (!update) roundCodes(into, codeScale, most);
    if (sums && isFirst) clearSums(sums);
    if (sums) await addSums(planes, into, codeScale, sums, engine, isCoarse);
  },
};

/** Inner products of rows, or of their high bytes, with vectors, rows × count: exact for the rounded rows and vectors but for the term below 2⁻²⁴. */
export async function productsWith(
  { left, columns }: ChunkPlanes,
  first: number,
  rows: number,
  vectors: VectorDigits,
  engine: IntegerEngine,
  isCoarse = false,
): Promise<Float64Array> {
  const { count, digits, high, low } = vectors;
  const levels = threadArray('levels', Int32Array, rows * lineOf(digits, count));
  const multiply = async (bytes: Uint8Array, right: Int8Array, kept: number, out: Float64Array): Promise<void> => {
    const line = lineOf(kept, count);
    const own = levels.subarray(0, rows * line);
    await engine.product(bytes.subarray(first * columns, (first + rows) * columns), right, { rows, steps: columns, columns: line }, own);
    joinLevels(own, rows, kept, vectors, out);
  };
  const products = threadArray('products', Float64Array, rows * count);
  await multiply(left.high, high, digits, products);
  if (isCoarse) return products;
  const rest = threadArray('rest', Float64Array, rows * count);
  await multiply(left.low, low, digits - 1, rest);
  for (let at = 0; at < products.length; at++) products[at] = products[at]! + rest[at]!; // of exact numbers
  return products;
}

function roundCodes(codes: Float64Array, codeScale: Float64Array, most: number): void {
  const r = codeScale.length;
  for (let at = 0; at < codes.length; at += r)
    for (let j = 0; j < r; j++) codes[at + j] = toInteger(codes[at + j]!, codeScale[j]!, most) / codeScale[j]!;
}

async function addSums(
  planes: ChunkPlanes,
  codes: Float64Array,
  codeScale: Float64Array,
  sums: CodeSums,
  engine: IntegerEngine,
  isCoarse: boolean,
): Promise<void> {
  const { rows, columns, right } = planes;
  const r = codeScale.length;
  const width = sums.digits * r;
  const { turned, straight } = codeDigits(codes, codeScale, rows, sums.digits);
  if (sums.cross.length > 0) {
    const products = threadArray('cross', Int32Array, width * columns);
    for (const [level, bytes] of (isCoarse ? [right.high] : [right.high, right.low]).entries()) {
      await engine.product(turned, bytes, { rows: width, steps: rows, columns }, products);
      addCross(sums, products, level);
    }
  }
  const gram = threadArray('gram', Int32Array, width * width);
  await engine.product(turned, straight, { rows: width, steps: rows, columns: width }, gram);
  addGramLevels(sums, gram, r);
}

/** The codes' digits, digit by digit, the highest first: turned, digits·r × rows, plus 128; and straight, rows × digits·r. */
function codeDigits(codes: Float64Array, codeScale: Float64Array, rows: number, digits: Digits): { turned: Uint8Array; straight: Int8Array } {
  const r = codeScale.length;
  const width = digits * r;
  const straight = threadArray('straight', Int8Array, rows * width);
  const turned = threadArray('turned', Uint8Array, rows * width);
  const height = Math.max(1, Math.floor(MOST_CUT / r));
  for (let first = 0; first < rows; first += height) {
    const end = Math.min(rows, first + height);
    const layout = new KernelLayout();
    const values = layArray(codes.subarray(first * r, end * r), layout);
    const part = straight.subarray(first * width, end * width);
    const to = placeForArray(part, layout);
    kernels().cutStacked(values, layArray(codeScale, layout), end - first, r, digits, to);
    bringArrayBack(part, to);
  }
  transposeBiased(straight, width, rows, 0, width, turned);
  return { turned, straight };
}

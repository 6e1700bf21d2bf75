import { FathomError } from '@fathom/errors';
import { MOST_STEPS, Prng, referenceEngine, type IntegerEngine, type ProductShape } from '@fathom/exact';
import type { ProductEngine } from './product-engine.js';

/** A product with what it must come to. */
interface Case {
  readonly left: Uint8Array;
  readonly right: Int8Array;
  readonly shape: ProductShape;
}

/** Kernels differ for whole tiles, their edges and single vectors. */
const RANDOM_SHAPES: readonly ProductShape[] = [
  { rows: 37, steps: 517, columns: 67 },
  { rows: 1, steps: 1023, columns: 130 },
  { rows: 130, steps: 5, columns: 1 },
];

/**
 * The first of some engines, opened one after another, that is exact on this machine; those before it are closed. One that does not
 * open, or cannot multiply, is passed over as one that is wrong.
 *
 * @throws FathomError ENGINE_UNAVAILABLE where none is
 */
export async function firstExact(openers: readonly (() => Promise<ProductEngine>)[]): Promise<ProductEngine> {
  const tried: string[] = [];
  const causes: unknown[] = [];
  for (const open of openers) {
    let engine: ProductEngine | undefined;
    try {
      engine = await open();
      if (await isExact(engine.product.bind(engine))) return engine;
      tried.push(wayOf(engine));
    } catch (cause) {
      causes.push(cause);
      const { message } = FathomError.from(cause);
      tried.push(engine === undefined ? message : `${wayOf(engine)}: ${message}`);
    }
    await engine?.close();
  }
  const message = `integers are not multiplied exactly on this machine; tried: ${tried.join('; ')}`;
  throw new FathomError('ENGINE_UNAVAILABLE', message, { cause: causes[0] });
}

function wayOf({ name, version, way }: ProductEngine): string {
  return `${name} ${version}, ${way}`;
}

/**
 * Whether products are exact on this machine (docs/measures.md §10.3): extreme bytes at the full block length, where 16-bit
 * partial sums of some processors saturate and 32-bit sums are largest, and random ones.
 */
export async function isExact(product: IntegerEngine['product']): Promise<boolean> {
  for (const { left, right, shape } of cases()) {
    const expected = new Int32Array(shape.rows * shape.columns);
    await referenceEngine.product(left, right, shape, expected);
    const found = new Int32Array(expected.length).fill(-1);
    await product(left, right, shape, found);
    if (found.some((value, i) => value !== expected[i])) return false;
  }
  return true;
}

function* cases(): Generator<Case> {
  yield extremes(MOST_STEPS, 7, 19);
  // One step less, and a width of whole tiles.
  yield extremes(MOST_STEPS - 1, 2, 32);
  const random = new Prng(1);
  for (const shape of RANDOM_SHAPES) {
    yield {
      shape,
      left: Uint8Array.from({ length: shape.rows * shape.steps }, () => random.below(256)),
      right: Int8Array.from({ length: shape.steps * shape.columns }, () => random.below(256) - 128),
    };
  }
}

/** Rows and columns of the largest and smallest bytes: all alike, by turns, and in pairs. */
function extremes(steps: number, rows: number, columns: number): Case {
  const left = new Uint8Array(rows * steps);
  const right = new Int8Array(steps * columns);
  for (let row = 0; row < rows; row += 1) {
    for (let step = 0; step < steps; step += 1) left[row * steps + step] = isLarge(row, step) ? 255 : 0;
  }
  for (let step = 0; step < steps; step += 1) {
    for (let column = 0; column < columns; column += 1) right[step * columns + column] = isLarge(column, step) ? 127 : -128;
  }
  return { left, right, shape: { rows, steps, columns } };
}

function isLarge(pattern: number, step: number): boolean {
  switch (pattern % 5) {
    case 0:
      return true;
    case 1:
      return false;
    case 2:
      return step % 2 === 0;
    case 3:
      return step % 2 === 1;
    default:
      return step % 4 < 2;
  }
}

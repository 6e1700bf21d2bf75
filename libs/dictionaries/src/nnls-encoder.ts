import { InputError, unwatched, type Control } from '@fathom/errors';
import { sharedFloat64, type Crew } from '@fathom/exact';
import { encodeDense, type DenseDictionary } from './encode-dense.js';
import { encodeLarge } from './encode-large.js';
import { inLanes, lanesFor } from './in-lanes.js';
import { largeDictionary, type LargeDictionary } from './large-dictionary.js';
import { requireCount, requireMatrix, requireValues } from './row-blocks.js';
import { innerProducts } from './row-products.js';

/** H takes 4·k² bytes. */
const MOST_ATOMS = 16_384;
/** ε of docs/measures.md §1, as a share of the mean squared length of an atom. */
const RIDGE = 1e-6;
/** k²·d from which on H, and the slopes along all atoms, are integer products. */
const LARGE = 2 ** 28;
/** So that what is left of a row of 2^20 channels can be cut into digits, which takes numbers below 2^900. */
const LARGEST_ACTIVATION = 2 ** 890;
/** Rows of one task. */
const DENSE_ROWS = 256;
const LARGE_ROWS = 64;

/** How long the search for one code may last. */
export interface NnlsOptions {
  /** Atoms that may come in before a row is given up with an INTERNAL error; the search needs about as many as the code has non-zeros. @default 20·k + 100 */
  readonly maxSteps?: number;
}

/** Codes of rows. */
export interface Encoded {
  /** n × k row-major, at least 0; shared between threads. */
  readonly codes: Float64Array;
  /**
   * The largest violation of the optimality conditions, relative to the largest product of the row with an atom: |slope| where the
   * code is positive, the slope upwards where it is 0. About 1e-15 is rounding; below 1e-11 where k²·d is above 2²⁸.
   */
  readonly worstKkt: number;
}

/**
 * Codes for a fixed dictionary (docs/measures.md §1): z = argmin over z ≥ 0 of ‖a − zD‖² + ε‖z‖², ε = 1e-6·‖D‖²_F/k.
 *
 * Active set on H = DDᵀ + εI and b = Da: atoms along which the loss falls fastest come in, atoms whose weight would turn negative go.
 * The last solve takes the atoms found in index order, so the bits are a function of that set and the row; nothing is carried from
 * one row to the next, and no bit depends on the batch or the crew. Where k²·d is above 2²⁸, H has 40 bits, the slopes along all atoms
 * are integer products with exact ones where these leave a doubt, and the last solve is refined with the exact residual.
 * Signs in D and in the rows are free; a zero atom has code 0.
 */
export class NnlsEncoder {
  private constructor(
    private readonly dictionary: DenseDictionary | LargeDictionary,
    private readonly maxSteps: number,
  ) {}

  /**
   * @param atoms D, k × d row-major, finite; k at most 16,384 (4·k² bytes are held, and the same again while they are computed)
   * @throws InputError when D is not k × d or not finite
   */
  static async create(atoms: Float64Array, k: number, d: number, crew: Crew, options: NnlsOptions = {}): Promise<NnlsEncoder> {
    requireCount('atoms', k, MOST_ATOMS);
    requireMatrix('atoms', atoms, k, d);
    requireValues('atoms', atoms, 0, d, true);
    const maxSteps = options.maxSteps ?? 20 * k + 100;
    requireCount('maxSteps', maxSteps);
    let energy = 0;
    for (let at = 0; at < atoms.length; at++) energy += atoms[at]! * atoms[at]!;
    if (energy === Infinity)
      throw new InputError({ field: 'atoms', problem: 'values too large: their squares add up to infinity', accepted: 'atoms of unit length' });
    const ridge = (RIDGE * energy) / k;
    const shared = sharedFloat64(k * d);
    shared.set(atoms);
    const make = k * k * d > LARGE ? largeDictionary : denseDictionary;
    return new NnlsEncoder(await make(shared, k, d, ridge, crew), maxSteps);
  }

  /**
   * Codes of n rows (n × d row-major, finite, at most 2^890 in size).
   * @throws InputError when the rows are not n × d, or naming row and column of another number; INTERNAL when a row takes more than `maxSteps`
   */
  async encode(rows: Float64Array, n: number, crew: Crew, control: Control = unwatched): Promise<Encoded> {
    const { dictionary, maxSteps } = this;
    const { k, d } = dictionary;
    requireMatrix('activations', rows, n, d);
    requireValues('activations', rows, 0, d, true, LARGEST_ACTIVATION);
    const shared = sharedFloat64(n * d);
    shared.set(rows);
    const codes = sharedFloat64(n * k);
    const step = 'tiles' in dictionary ? LARGE_ROWS : DENSE_ROWS;
    let done = 0;
    let worstKkt = 0;
    control.progress(done, n);
    await inLanes(Math.ceil(n / step), lanesFor(crew.hands), async (task) => {
      control.throwIfCancelled();
      const firstRow = task * step;
      const end = Math.min(n, firstRow + step);
      const input = { rows: shared.subarray(firstRow * d, end * d), codes: codes.subarray(firstRow * k, end * k), firstRow, maxSteps };
      const worst = await ('tiles' in dictionary ? crew.run(encodeLarge, { ...input, dictionary }) : crew.run(encodeDense, { ...input, dictionary }));
      worstKkt = Math.max(worstKkt, worst);
      done += end - firstRow;
      control.progress(done, n);
    });
    return { codes, worstKkt };
  }
}

async function denseDictionary(atoms: Float64Array, k: number, d: number, ridge: number): Promise<DenseDictionary> {
  const h = sharedFloat64(k * k);
  innerProducts(h, 0, atoms, k, atoms, k, d);
  for (let j = 0; j < k; j++) h[j * k + j] = h[j * k + j]! + ridge;
  return { k, d, atoms, h };
}

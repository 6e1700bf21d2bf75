import { allEnded, digitProduct, leftDigits, rightDigits, sharedFloat64, sharedStorage, type Crew, type RightDigits, type Task } from '@fathom/exact';

/** Digits of the atoms in H: 40 bits (docs/measures.md §10.3). */
const DIGITS = 5;
/** Atoms whose digits lie side by side. */
const TILE_ATOMS = 1024;

/** A dictionary with many atoms. All arrays are shared between threads. */
export interface LargeDictionary {
  readonly k: number;
  readonly d: number;
  /** D, k × d. */
  readonly atoms: Float64Array;
  readonly ridge: number;
  /** H = DDᵀ + εI on and below its diagonal, row by row: H[i][j] at i(i+1)/2 + j. Good to 2⁻⁴⁰ of the largest products. */
  readonly h: Float64Array;
  /** Digits of Dᵀ, 1,024 atoms a tile. */
  readonly tiles: readonly RightDigits[];
}

/** Cuts the atoms into digits and multiplies them with one another: about 15·k²·d operations on bytes. */
export async function largeDictionary(atoms: Float64Array, k: number, d: number, ridge: number, crew: Crew): Promise<LargeDictionary> {
  const h = sharedFloat64((k * (k + 1)) / 2);
  const starts = Array.from({ length: Math.ceil(k / TILE_ATOMS) }, (_, tile) => tile * TILE_ATOMS);
  const tiles = await allEnded(starts.map((from) => crew.run(cutTile, { atoms, d, from, to: Math.min(k, from + TILE_ATOMS) })));
  const dictionary = { k, d, atoms, ridge, h, tiles };
  // The longest rows first: what is left at the end is short.
  await allEnded(starts.toReversed().map((from) => crew.run(multiplyTile, { dictionary, from, to: Math.min(k, from + TILE_ATOMS) })));
  return dictionary;
}

/** Digits of some atoms, as columns. */
export const cutTile: Task<{ readonly atoms: Float64Array; readonly d: number; readonly from: number; readonly to: number }, RightDigits> = {
  module: __filename,
  name: 'cutTile',
  run: async ({ atoms, d, from, to }) => {
    const width = to - from;
    const turned = new Float64Array(d * width);
    for (let j = 0; j < width; j++) for (let c = 0; c < d; c++) turned[c * width + j] = atoms[(from + j) * d + c]!;
    return rightDigits(turned, d, width, { digits: DIGITS, storage: sharedStorage });
  },
};

/** Rows from..to−1 of H. */
export const multiplyTile: Task<{ readonly dictionary: LargeDictionary; readonly from: number; readonly to: number }, void> = {
  module: __filename,
  name: 'multiplyTile',
  run: async ({ dictionary: { d, atoms, ridge, h, tiles }, from, to }, engine) => {
    const left = leftDigits(atoms, to - from, d, { digits: DIGITS, offset: from * d });
    for (let tile = 0, start = 0; start < to; start += TILE_ATOMS, tile++) {
      const right = tiles[tile]!;
      const out = new Float64Array((to - from) * right.columns);
      await digitProduct(left, right, engine, out);
      for (let i = from; i < to; i++) {
        const count = Math.min(right.columns, i + 1 - start);
        const row = (i - from) * right.columns;
        h.set(out.subarray(row, row + count), (i * (i + 1)) / 2 + start);
      }
    }
    for (let i = from; i < to; i++) {
      const diagonal = (i * (i + 3)) / 2;
      h[diagonal] = h[diagonal]! + ridge;
    }
  },
};

/** The digits of a tile but for the last ones. */
export function firstDigits({ steps, columns, digits, bytes, scale }: RightDigits, wanted: number): RightDigits {
  return { steps, columns, digits: wanted, bytes: bytes.subarray((digits - wanted) * steps * columns), scale };
}

/** The part of H that concerns some atoms, row-major, into the first values of `out`. */
export function gatherGram({ h }: LargeDictionary, atoms: Int32Array, out: Float64Array): void {
  const count = atoms.length;
  // By rising atoms, so that every row of H is read once, forwards: it is larger than any cache.
  const order = Int32Array.from(atoms.keys()).sort((x, y) => atoms[x]! - atoms[y]!);
  const rising = Int32Array.from(order, (place) => atoms[place]!);
  for (let i = 0; i < count; i++) {
    const row = (rising[i]! * (rising[i]! + 1)) / 2;
    const place = order[i]!;
    for (let j = 0; j <= i; j++) {
      const value = h[row + rising[j]!]!;
      out[place * count + order[j]!] = value;
      out[order[j]! * count + place] = value;
    }
  }
}

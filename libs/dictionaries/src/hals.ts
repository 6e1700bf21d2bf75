import { KernelLayout, kernels, layArray, type Address } from '@fathom/kernels';

/**
 * Hierarchical alternating least squares: rank-one updates in index order, each the minimiser of ‖A − ZD‖² in one column of
 * Z or one row of D while all else stays (docs/measures.md §1a). A column of Z is updated row by row: rows do not see each other.
 */

/** Values of codes or atoms that are worked on at a time, and of a Gram matrix: they fit a processor's cache. */
const MOST_VALUES = 2 ** 15;
const MOST_GRAM = 2 ** 16;

/** Updates of codes in a sweep: products with atoms serve both. */
const CODES_UPDATES = 2;

/** What codes move towards, and how far. */
export interface CodesStep {
  /** A·Dᵀ, rows × r. */
  readonly products: Float64Array;
  /** D·Dᵀ, r × r. */
  readonly gram: Float64Array;
  /** A power of two for each atom: codes become multiples of its inverse. */
  readonly codeScale: Float64Array;
  /** The largest such multiple. */
  readonly most: number;
  /** Share of what the updates change by which codes go beyond them, as far as zero; at least 0. */
  readonly reach: number;
}

/**
 * Two updates of the codes of some rows: from `codes` into `into`, both rows × r from `start` on, which may be the same.
 * The code of a zero atom stays, but for rounding.
 */
export function updateCodes(codes: Float64Array, into: Float64Array, start: number, rows: number, step: CodesStep): void {
  const { products, gram, codeScale, most, reach } = step;
  const { memory, ...kernel } = kernels();
  const { float64 } = memory;
  const r = codeScale.length;
  const even = (r + 1) & ~1;
  const height = Math.max(1, Math.floor(MOST_VALUES / r));
  for (let first = 0; first < rows; first += height) {
    const count = Math.min(height, rows - first);
    const [from, size] = [start + first * r, count * r];
    const layout = new KernelLayout();
    const scales = layout.take(16 * even);
    float64.set(codeScale, scales / 8);
    codeScale.forEach((scale, j) => (float64[scales / 8 + even + j] = 1 / scale)); // exact: powers of two
    const before = layArray(codes.subarray(from, from + size), layout);
    const productsAt = layArray(products.subarray(first * r, first * r + size), layout);
    const [after, side] = [layout.take(8 * size), layout.take(64 + 128 * r)];
    const forGram = gramRows(gram, r, layout);
    for (let update = 0; update < CODES_UPDATES; update++)
      forGram((at, j, end) => {
        kernel.updateCodes(update === 0 && j === 0 ? before : after, after, productsAt, at, j, end, count, r, side);
      });
    kernel.settleCodes(after, before, scales, count, r, most, reach);
    into.set(float64.subarray(after / 8, after / 8 + size), from);
  }
}

/**
 * Updates of the atoms (r × d), from `codesRows` = ZᵀA (r × d) and `codesGram` = ZᵀZ (r × r). Columns do not see each other.
 * An atom that no row uses (its codes are all 0) is left as it is.
 */
export function updateAtoms(atoms: Float64Array, codesRows: Float64Array, codesGram: Float64Array, r: number, d: number, updates: number): void {
  const { memory, ...kernel } = kernels();
  const { float64 } = memory;
  const width = EIGHT * Math.ceil(Math.max(1, Math.min(d, MOST_VALUES / r - EIGHT)) / EIGHT);
  const stride = width + EIGHT; // no power of two, or rows would share a place in the cache
  for (let first = 0; first < d; first += width) {
    const end = Math.min(d, first + width);
    const layout = new KernelLayout();
    const [own, products] = [atoms, codesRows].map((all) => {
      const at = layout.take(8 * r * stride);
      float64.fill(0, at / 8, at / 8 + r * stride);
      for (let j = 0; j < r; j++) float64.set(all.subarray(j * d + first, j * d + end), at / 8 + j * stride);
      return at;
    }) as [Address, Address];
    const forGram = gramRows(codesGram, r, layout);
    for (let update = 0; update < updates; update++)
      forGram((at, j, last) => {
        kernel.updateAtoms(own, products, 8 * stride, at, j, last, r, width);
      });
    for (let j = 0; j < r; j++) {
      const from = own / 8 + j * stride;
      atoms.set(float64.subarray(from, from + end - first), j * d + first);
    }
  }
}

/** Columns of atoms come by so many. */
const EIGHT = 8;

/** What calls with as many rows of a Gram matrix at a time as there is room for, in order. */
function gramRows(gram: Float64Array, r: number, layout: KernelLayout): (visit: (at: Address, first: number, end: number) => void) => void {
  const height = Math.min(r, Math.max(1, Math.floor(MOST_GRAM / r)));
  const at = layout.take(8 * height * r);
  return (visit) => {
    for (let first = 0; first < r; first += height) {
      const end = Math.min(r, first + height);
      kernels().memory.float64.set(gram.subarray(first * r, end * r), at / 8);
      visit(at, first, end);
    }
  };
}

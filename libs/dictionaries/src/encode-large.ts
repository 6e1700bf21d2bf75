import { digitProduct, leftDigits, type IntegerEngine, type LeftDigits, type RightDigits, type Task } from '@fathom/exact';
import { ActiveSet } from './active-set.js';
import { givenUp, largest, type RowsToEncode } from './encode-dense.js';
import { firstDigits, type LargeDictionary } from './large-dictionary.js';
import { RowSearch, type SearchSpace } from './row-search.js';

/** Digits of residuals and atoms in the slopes along all atoms. */
const DIGITS = 3;

/**
 * Codes of rows for a dictionary with many atoms; returns the largest violation of the optimality conditions. The rows go on together,
 * round by round, so that one integer product gives the slopes along all atoms for all of them; none knows of another.
 */
export const encodeLarge: Task<RowsToEncode & { readonly dictionary: LargeDictionary }, number> = {
  module: __filename,
  name: 'encodeLarge',
  run: async ({ rows, codes, firstRow, maxSteps, dictionary }, engine) => {
    const { k, d } = dictionary;
    const tiles = dictionary.tiles.map((tile) => firstDigits(tile, DIGITS));
    const space: SearchSpace = { active: new ActiveSet(), inUse: new Uint8Array(k), gram: new Float64Array(0) };
    const searches = Array.from({ length: rows.length / d }, (_, row) => new RowSearch(rows.slice(row * d, (row + 1) * d), dictionary));
    const residuals = new Float64Array(rows.length);
    const slopes = new Float64Array(searches.length * k);
    let worst = 0;
    let left = searches.map((search, row) => ({ search, row }));
    while (left.length > 0) {
      left.forEach(({ search }, at) => search.residual(residuals.subarray(at * d, (at + 1) * d)));
      const digits = leftDigits(residuals, left.length, d, { digits: DIGITS });
      await multiply(digits, tiles, k, engine, slopes);
      left = left.filter(({ search, row }, at) => {
        const values = slopes.subarray(at * k, (at + 1) * k);
        const bounds = boundsOf(digits.scale[at]!, tiles, k, d);
        const done = search.advance({ values, bounds }, residuals.subarray(at * d, (at + 1) * d), largest(values, firstRow + row), maxSteps, space);
        if (search.steps > maxSteps) throw givenUp(firstRow + row, maxSteps);
        if (done) worst = Math.max(worst, search.finish(codes.subarray(row * k, (row + 1) * k), space));
        return !done;
      });
    }
    return worst;
  },
};

/** Products of residuals with all atoms, rows × k. */
async function multiply(left: LeftDigits, tiles: readonly RightDigits[], k: number, engine: IntegerEngine, out: Float64Array): Promise<void> {
  let offset = 0;
  for (const tile of tiles) {
    await digitProduct(left, tile, engine, out, { offset, stride: k });
    offset += tile.columns;
  }
}

/** How far a product by digits may be off (docs/measures.md §10.3), for each atom. */
function boundsOf(scale: number, tiles: readonly RightDigits[], k: number, d: number): Float64Array {
  const most = ((DIGITS + 2) * d) / (1024 * scale); // 2^(14 − 8·DIGITS)
  const bounds = new Float64Array(k);
  let at = 0;
  for (const tile of tiles) for (let j = 0; j < tile.columns; j++) bounds[at++] = most / tile.scale[j]!;
  return bounds;
}

import { Prng } from '@fathom/exact';
import { updateAtoms, updateCodes } from './hals.js';

const random = new Prng(3, 'hals');
/** Numbers of 0 to 2, a third of them 0. */
const some = (length: number): Float64Array => Float64Array.from({ length }, () => Math.max(0, 3 * random.uniform() - 1));

/** Two updates in plain code: the codes of a row, one after another, then beyond and rounded. */
function plainCodes(row: Float64Array, products: Float64Array, gram: Float64Array, scale: Float64Array, most: number, reach: number): number[] {
  const r = row.length;
  const codes = [...row];
  for (let update = 0; update < 2; update++)
    for (let j = 0; j < r; j++) {
      if (!(gram[j * r + j]! > 0)) continue;
      let sum = 0;
      for (let l = 0; l < r; l++) sum += gram[j * r + l]! * codes[l]!;
      codes[j] = Math.max(0, codes[j]! + (products[j]! - sum) * (1 / gram[j * r + j]!));
    }
  return codes.map((code, j) => {
    const q = Math.max(0, code + reach * (code - row[j]!)) * scale[j]!;
    const rounded = q + 2 ** 52 - 2 ** 52;
    return Math.min(rounded, most) / scale[j]!;
  });
}

// One code; odd numbers; rows that are no multiple of eight; more than is worked on at a time, of rows and of atoms.
const SHAPES = [
  [1, 1],
  [7, 3],
  [8, 2],
  [20, 5],
  [1100, 50],
  [130, 301],
] as const;

describe.each(SHAPES)('of %d rows or columns and %d atoms', (n, r) => {
  const gram = some(r * r);
  for (let j = 0; j < r; j++) gram[j * r + j] = j === 1 ? 0 : 1 + r * random.uniform();

  it.each([0, 0.75])('updated codes have the bits of plain code, %d of the way beyond', (reach) => {
    const [codes, products] = [some((n + 1) * r), some(n * r)];
    const codeScale = Float64Array.from({ length: r }, (_, j) => 2 ** (8 + (j % 7)));
    const most = 300;
    const into = codes.slice();
    updateCodes(codes, into, r, n, { products, gram, codeScale, most, reach });
    const expected = [...codes.subarray(0, r)];
    for (let i = 0; i < n; i++)
      expected.push(...plainCodes(codes.subarray((i + 1) * r, (i + 2) * r), products.subarray(i * r, (i + 1) * r), gram, codeScale, most, reach));
    expect(into).toEqual(Float64Array.from(expected));
    const same = codes.slice();
    updateCodes(same, same, r, n, { products, gram, codeScale, most, reach });
    expect(same).toEqual(into);
  });

  it('updated atoms have the bits of plain code', () => {
    const [atoms, codesRows] = [some(r * n), some(r * n)];
    const expected = atoms.slice();
    for (let update = 0; update < 2; update++)
      for (let j = 0; j < r; j++)
        for (let c = 0; c < n && gram[j * r + j]! > 0; c++) {
          let slope = codesRows[j * n + c]!;
          for (let l = 0; l < r; l++) slope -= gram[j * r + l]! * expected[l * n + c]!;
          expected[j * n + c] = Math.max(0, expected[j * n + c]! + slope / gram[j * r + j]!);
        }
    updateAtoms(atoms, codesRows, gram, r, n, 2);
    expect(atoms).toEqual(expected);
  });
});

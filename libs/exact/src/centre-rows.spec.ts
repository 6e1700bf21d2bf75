import { addGain, centreRows, type Centring } from './centre-rows.js';
import { randomMatrix } from './random-matrix.fixture.js';

/** (values − less + Σ_t coefficient_t·vector_t)·scale, written out. */
function centred({ values, less, terms, scale, columnScale }: Centring, row: number, column: number): number {
  let value = values.matrix[values.offset + row * values.stride + column]!;
  if (less !== undefined) value -= less.matrix[less.offset + row * less.stride + column]!;
  for (const { coefficients, vector } of terms) value += coefficients[row]! * vector[column]!;
  value *= scale[row]!;
  return columnScale === undefined ? value : value * columnScale[column]!;
}

// One column; an odd number; many rows at a time; more columns than are worked on at a time.
const SHAPES = [
  [3, 1],
  [40, 7],
  [300, 512],
  [2, 20_001],
] as const;

describe.each(SHAPES)('centring %d rows of %d columns', (rows, columns) => {
  const part = (seed: number, stride: number) => ({ matrix: randomMatrix(seed, 1, rows * stride + 5), offset: 5, stride, rows, columns });
  const terms = [1, 2, 3].map((seed) => ({ coefficients: randomMatrix(10 + seed, 1, rows), vector: randomMatrix(20 + seed, 1, columns) }));
  const given: Centring = { values: part(1, columns + 3), less: part(2, columns), terms, scale: randomMatrix(4, 1, rows) };

  it.each([
    ['with something to take away', given],
    ['with nothing to take away', { values: given.values, terms: given.terms.slice(1), scale: given.scale }],
    ['with a scale for each column', { ...given, columnScale: randomMatrix(8, 1, columns) }],
  ])('has the bits of plain code, %s', (_, centring) => {
    const out = new Float64Array(rows * columns);
    centreRows(centring, { matrix: out, offset: 0, stride: columns, rows, columns });
    expect(out).toEqual(Float64Array.from(out, (_value, at) => centred(centring, Math.floor(at / columns), at % columns)));
  });

  it('may be done in place', () => {
    const matrix = given.values.matrix.slice();
    const values = { ...given.values, matrix };
    centreRows({ ...given, values }, values);
    const expected = given.values.matrix.slice();
    for (let row = 0; row < rows; row += 1)
      for (let column = 0; column < columns; column += 1) expected[values.offset + row * values.stride + column] = centred(given, row, column);
    expect(matrix).toEqual(expected);
  });

  it('adds what weights times differences make, row after row', () => {
    const [weights, images, gain] = [randomMatrix(5, rows, columns), randomMatrix(6, rows, columns), randomMatrix(7, 1, columns)];
    const expected = gain.slice();
    for (let row = 0, at = 0; row < rows; row += 1)
      for (let column = 0; column < columns; column += 1, at += 1)
        expected[column] = expected[column]! + weights[at]! * (images[at]! - centred(given, row, column));
    addGain(given, weights, images, gain);
    expect(gain).toEqual(expected);
  });
});

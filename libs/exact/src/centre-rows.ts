import { KernelLayout, kernels, type Address } from '@fathom/kernels';

import { bringBack, forParts, lay, PART, partOf, placeFor, type MatrixPart, type Place } from './matrix-part.js';

/** Rows that are to be centred and scaled: (values − less + Σ_t coefficient_t·vector_t)·scale·columnScale, the terms in their order. */
export interface Centring {
  readonly values: MatrixPart;
  /** Of the same size. */
  readonly less?: MatrixPart;
  /** Products of one value a row with one a column. */
  readonly terms: readonly { readonly coefficients: Float64Array; readonly vector: Float64Array }[];
  /** One a row. */
  readonly scale: Float64Array;
  /** One a column. @default none */
  readonly columnScale?: Float64Array;
}

/** Writes centred rows into a part of the same size, which may be the values themselves. */
export function centreRows(centring: Centring, out: MatrixPart): void {
  forParts(centring.values, PART, (part, row, column) => {
    const layout = new KernelLayout();
    const target = partOf(out, row, part.rows, column, part.columns);
    const place = placeFor(target, layout);
    centrePart(centring, part, row, column, place, layout);
    bringBack(target, place);
  });
}

/** gain += Σ_rows weight·(image − centred value), row after row; weights and images are rows × columns. */
export function addGain(centring: Centring, weights: Float64Array, images: Float64Array, gain: Float64Array): void {
  const { rows: all, columns: stride } = centring.values;
  const { memory, ...kernel } = kernels();
  forParts(centring.values, PART, (part, row, column) => {
    const { rows, columns } = part;
    const layout = new KernelLayout();
    const centred = { at: layout.take(8 * rows * columns), pitch: 8 * columns };
    centrePart(centring, part, row, column, centred, layout);
    const [w, i] = [weights, images].map((matrix) =>
      lay(partOf({ matrix, offset: 0, stride, rows: all, columns: stride }, row, rows, column, columns), layout),
    ) as [Place, Place];
    const sum = layout.take(8 * columns);
    memory.float64.set(gain.subarray(column, column + columns), sum / 8);
    kernel.gainOfRows(w.at, w.pitch, i.at, i.pitch, centred.at, centred.pitch, rows, columns, sum);
    gain.set(memory.float64.subarray(sum / 8, sum / 8 + columns), column);
  });
}

function centrePart(
  { less, terms, scale, columnScale }: Centring,
  part: MatrixPart,
  row: number,
  column: number,
  out: Place,
  layout: KernelLayout,
): void {
  const { memory, ...kernel } = kernels();
  const { float64 } = memory;
  const { rows, columns } = part;
  const x = lay(part, layout);
  const y = less === undefined ? { at: 0, pitch: 0 } : lay(partOf(less, row, rows, column, columns), layout);
  const coefficients: Address = layout.take(8 * rows * (terms.length + 1));
  const width = columns + (columns % 2);
  const vectors = layout.take(8 * terms.length * width);
  terms.forEach(({ vector }, term) => float64.set(vector.subarray(column, column + columns), vectors / 8 + term * width));
  let to = coefficients / 8;
  for (let r = row; r < row + rows; r += 1) {
    for (const term of terms) float64[to++] = term.coefficients[r]!;
    float64[to++] = scale[r]!;
  }
  const columnScales: Address = columnScale === undefined ? 0 : layout.take(8 * columns);
  if (columnScale !== undefined) float64.set(columnScale.subarray(column, column + columns), columnScales / 8);
  kernel.centreRows(x.at, x.pitch, y.at, y.pitch, rows, columns, coefficients, terms.length, vectors, columnScales, out.at, out.pitch);
}

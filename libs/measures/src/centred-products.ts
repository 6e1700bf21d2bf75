import { unwatched, type Control } from '@fathom/errors';
import {
  blockRowsFor,
  fixedPoint,
  integerAt,
  integersOver,
  mirrorLower,
  oneGroup,
  PlanedRows,
  productSums,
  sharedFloat64,
  type Bits,
  type Crew,
  type FixedPoint,
  type ProductSums,
} from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

import { requireRanges, type PairedRanges } from './column-ranges.js';
import { columnStandard } from './column-standard.js';
import { everyIndex } from './every-index.js';
import { channelsOf } from './fold-systems.js';
import { commonRows } from './row-blocks.js';
import { crossOver } from './probe-errors.js';

/**
 * All that CKA and redundancy need of X, n × d, and Z, n × k (docs/measures.md §5). Columns are centred. X as a whole, and each column
 * of Z, is in a unit of its own, a power of two that its fixed point gives: neither measure changes with it, and no square of a sum is too large or too small.
 */
export interface CentredProducts {
  /** X̃ᵀX̃, d × d, symmetric, row-major; shared between threads. */
  readonly gram: Float64Array;
  /** X̃ᵀZ̃, d × k, row-major; shared between threads. */
  readonly cross: Float64Array;
  /** z̃ᵀz̃ of each feature, k values ≥ 0; exactly 0 for a constant one. */
  readonly energy: Float64Array;
  readonly n: number;
  readonly d: number;
  readonly k: number;
}

/**
 * Products of activations and codes for {@link cka}, {@link ckaPublished} and {@link redundancy} (docs/measures.md §5), by one pass
 * over blocks of rows. Progress in rows. Memory: 8·(d² + d·k) bytes and a block of rows.
 * @param ranges minima and maxima of the columns of both
 * @param bits of the fixed point (docs/measures.md §10.2)
 * @throws InputError where the row counts differ, the ranges do not fit, or naming row and column of a value that is not finite
 */
export async function centredProducts(
  x: RowSource,
  z: RowSource,
  ranges: PairedRanges,
  bits: Bits,
  crew: Crew,
  control: Control = unwatched,
): Promise<CentredProducts> {
  commonRows([x, z]);
  requireRanges(x, ranges.x);
  requireRanges(z, ranges.z);
  const points = { x: fixedPoint(ranges.x, { bits, name: x.name }), z: fixedPoint(ranges.z, { bits, name: z.name }) };
  const options = { groups: oneGroup, blockRows: blockRowsFor(Math.max(x.columns, z.columns), bits) };
  const left = new PlanedRows(x, { ...options, point: points.x });
  const right = new PlanedRows(z, { ...options, point: points.z });
  return centredOf(await productSums(left, [right], { gram: true }, crew, control), points.x, everyIndex(z.columns));
}

/** The products that sums hold, over all of their groups, for some of the columns of the first Z; `x` is the fixed point of X. */
export function centredOf(sums: ProductSums, x: FixedPoint, columns: Uint32Array): CentredProducts {
  const [d, k] = [channelsOf(sums), columns.length];
  const groups = [...everyIndex(sums.rows.length)];
  const own = columnStandard(sums.x, d, groups, sums.rows);
  const targets = sums.z[0]!.columns;
  const other = columnStandard(targets, targets.sum.low.length / groups.length, groups, sums.rows);
  const n = own.rows;
  const counts = integersOver(sums.gram!, groups, d * d);
  const widest = x.scale.reduce((least, scale, column) => (own.energy[column]! > 0 ? Math.min(least, scale) : least), Infinity);
  const unit = widest === Infinity ? 1 : widest;
  const gram = sharedFloat64(d * d);
  for (let a = 0; a < d; a += 1) {
    const [middleA, restA, scaleA] = [own.middle[a]!, own.rest[a]!, x.scale[a]! / unit];
    for (let b = 0; b <= a; b += 1) {
      const [middleB, restB] = [own.middle[b]!, own.rest[b]!];
      const around = integerAt(counts, a * d + b) - n * (middleA * middleB + middleA * restB + middleB * restA);
      gram[a * d + b] = (around - n * restA * restB) / scaleA / (x.scale[b]! / unit);
    }
    gram[a * d + a] = own.energy[a]! / scaleA / scaleA;
  }
  mirrorLower(gram, d);
  const cross = crossOver(sums, 0, columns, undefined, sharedFloat64(d * k));
  for (let a = 0, at = 0; a < d; a += 1) {
    const [middleA, restA, scaleA] = [own.middle[a]!, own.rest[a]!, x.scale[a]! / unit];
    for (let j = 0; j < k; j += 1, at += 1) {
      const [middleJ, restJ] = [other.middle[columns[j]!]!, other.rest[columns[j]!]!];
      const around = cross[at]! - n * (middleA * middleJ + middleA * restJ + middleJ * restA);
      cross[at] = (around - n * restA * restJ) / scaleA;
    }
  }
  const energy = Float64Array.from(columns, (column) => other.energy[column]!);
  return { gram, cross, energy, n, d, k };
}

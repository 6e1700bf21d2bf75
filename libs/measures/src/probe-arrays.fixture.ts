import type { Bits, Crew, ProductSums } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

import { columnRanges, type PairedRanges } from './column-ranges.js';
import { crew } from './crews.fixture.js';
import { layerSums, probeTargets } from './layer-sums.js';
import { codesToProbe, probeLayer, type LayerProbe } from './probe-layer.js';
import type { ProbeOptions } from './probe-options.js';

/** The ranges of both, by reading them. */
export async function rangesOf(x: RowSource, z: RowSource): Promise<PairedRanges> {
  return { x: await columnRanges(x), z: await columnRanges(z) };
}

/** Probes one layer for codes that are made ready for it alone. */
export async function probeArrays(x: RowSource, z: RowSource, options: ProbeOptions = {}, by: Crew = crew): Promise<LayerProbe> {
  const ranges = await rangesOf(x, z);
  return probeLayer(x, ranges.x, await codesToProbe(z, ranges.z, options, x.columns, by), options, by);
}

/** Fold-wise sums of one layer with codes, by default with 24 bits. */
export async function sumsOf(
  x: RowSource,
  z: RowSource,
  { folds = 5, bits = 24, by = crew }: { folds?: number; bits?: Bits; by?: Crew } = {},
): Promise<ProductSums> {
  const ranges = await rangesOf(x, z);
  return layerSums(x, ranges.x, await probeTargets(z, ranges.z, { folds, bits, widest: x.columns }, by), by);
}

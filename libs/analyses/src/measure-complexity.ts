import { complexity as contracts } from '@fathom/contracts';
import { complexity, probeLayer, targetMoments, type LayerProbe, type ProbeTargets } from '@fathom/measures';
import type { Json, Tensor } from '@fathom/tensors';
import { layerOf, openActivations, requireSameRows } from './activations.js';
import { digestOf, openKind } from './artifact-fields.js';
import type { Job, JobContext } from './job.js';
import { vector } from './measure-importance.js';
import { normaliseProbe, probeOptions } from './probe-request.js';
import { indexOfPart, indexParts } from './row-parts.js';

type Request = contracts.StartMeasureRequest;

/** A layer's probe as JSON. */
interface StoredProbe {
  readonly r2: number[];
  readonly foldR2: number[];
  readonly alpha: number;
  readonly tuning: number[];
  readonly nullMean: number;
  readonly null95: number;
  readonly r2InSample?: number[];
}

/** K of every feature (docs/measures.md §2–4). One part is one layer. */
export const measureComplexity: Job<Request> = {
  name: 'complexity.measure',
  revision: 4,
  crewed: true,
  determinism: 'PORTABLE',
  codec: contracts.StartMeasureRequest,
  normalise(request) {
    this.inputs(request);
    return { ...request, probe: normaliseProbe(request.probe) };
  },
  inputs: (request) => [digestOf('activations', request.activations), digestOf('codes', request.codes)],
  async plan(request, context) {
    const { activations, layers } = await prepare(request, context);
    layers.forEach((layer, index) => layerOf(activations, `layers[${index}]`, layer));
    return indexParts('layer', layers.length);
  },
  async runPart(request, part, context) {
    const prepared = await prepare(request, context);
    const { activations, layers } = prepared;
    const index = indexOfPart(part);
    const options = { ...probeOptions(request.probe!), inSample: !request.probe!.withoutPublished };
    const targets = await targetsOf(request, prepared, context);
    const layer = async (name: string) => ({ x: activations.artifact.rows(name), ranges: await activations.artifact.range(name) });
    const { x, ranges } = await layer(layers[index]!);
    const following = layers[index + 1];
    const next = following === undefined ? undefined : () => layer(following);
    const probe = await probeLayer(x, ranges, targets, options, context.crew, context.control, next);
    return storeProbe(probe) as unknown as Json;
  },
  async finish(request, parts, context) {
    const prepared = await prepare(request, context);
    const { layers, codes } = prepared;
    const targets = await targetsOf(request, prepared, context);
    const moments = await targetMoments(targets, await codes.range('z'), context.crew, context.control);
    const stored = parts as unknown as StoredProbe[];
    const probes = stored.map(loadProbe);
    const scores = complexity(probes, moments);
    const k = moments.variance.length;
    const byFeature = (name: string, of: (probe: LayerProbe) => Float64Array): Tensor => ({
      name,
      dtype: 'F64',
      shape: [k, probes.length],
      data: transpose(probes.map(of), k),
    });
    const published = scores.kPublished
      ? [vector('k_published', scores.kPublished), byFeature('r2_in_sample', (probe) => probe.r2InSample ?? new Float64Array(k))]
      : [];
    return {
      kind: 'complexity',
      attributes: {
        layers: [...layers],
        alpha: probes.map((probe) => probe.alpha),
        null_mean: stored.map((probe) => probe.nullMean),
        null_95: stored.map((probe) => probe.null95),
        dead: moments.dead,
      },
      tensors: [
        vector('k_std', scores.kStd),
        vector('k_std_se', scores.kStdSe),
        vector('k_raw', scores.kRaw),
        vector('depth_half', scores.depthHalf),
        vector('variance', moments.variance),
        vector('prevalence', moments.prevalence),
        { name: 'live', dtype: 'U8', shape: [k], data: moments.live },
        byFeature('r2', (probe) => probe.r2),
        ...published,
      ],
    };
  },
};

type Prepared = Awaited<ReturnType<typeof prepare>>;

async function prepare(request: Request, { artifacts }: JobContext) {
  const activations = await openActivations(artifacts, 'activations', request.activations);
  const codes = await openKind(artifacts, 'codes', request.codes, 'codes');
  requireSameRows(activations, codes);
  return { activations, codes, layers: request.layers.length > 0 ? request.layers : activations.attributes.taps };
}

/** The codes made ready for all layers: the first part makes them, the others and `finish` find them. */
async function targetsOf(
  request: Request,
  { activations, layers, codes }: Prepared,
  { codes: kept, crew, control }: JobContext,
): Promise<ProbeTargets> {
  const widest = Math.max(...layers.map((layer) => activations.artifact.rows(layer).columns));
  return kept.get(codes, probeOptions(request.probe!), widest, crew, control);
}

/** Columns of k values as one k × columns matrix, row-major. */
export function transpose(columns: readonly Float64Array[], k: number): Float64Array {
  const out = new Float64Array(k * columns.length);
  columns.forEach((column, c) => {
    for (let j = 0; j < k; j++) out[j * columns.length + c] = column[j]!;
  });
  return out;
}

function storeProbe(probe: LayerProbe): StoredProbe {
  const { r2, foldR2, alpha, tuning, nullMean = 0, null95 = 0, r2InSample } = probe;
  const stored = { r2: [...r2], foldR2: [...foldR2], alpha, tuning: [...tuning], nullMean, null95 };
  return r2InSample ? { ...stored, r2InSample: [...r2InSample] } : stored;
}

function loadProbe({ r2, foldR2, tuning, r2InSample, ...rest }: StoredProbe): LayerProbe {
  const probe = { ...rest, r2: Float64Array.from(r2), foldR2: Float64Array.from(foldR2), tuning: Float64Array.from(tuning) };
  return r2InSample ? { ...probe, r2InSample: Float64Array.from(r2InSample) } : probe;
}

import type { Artifact } from '@fathom/artifacts';
import { complexity as contracts } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import { overTraining, probeLayer, targetMoments, type ProbeTargets } from '@fathom/measures';
import { toFloat64, type Json } from '@fathom/tensors';
import { layerOf, openActivations, requireSameRows } from './activations.js';
import { digestOf, openKind, requireSize } from './artifact-fields.js';
import type { Job, JobContext } from './job.js';
import { transpose } from './measure-complexity.js';
import { vector } from './measure-importance.js';
import { normaliseProbe, probeOptions } from './probe-request.js';
import { indexOfPart, indexParts } from './row-parts.js';

type Request = contracts.StartMeasureOverTrainingRequest;

/** Λ of every feature (docs/measures.md §4). One part is one checkpoint; the last one's R² is the complexity artifact's. */
export const measureOverTraining: Job<Request> = {
  name: 'complexity.over-training',
  revision: 4,
  crewed: true,
  determinism: 'PORTABLE',
  codec: contracts.StartMeasureOverTrainingRequest,
  normalise(request) {
    this.inputs(request);
    if (request.checkpoints.length < 2)
      throw new InputError({ field: 'checkpoints', problem: 'are too few', value: request.checkpoints.length, accepted: 'at least 2' });
    return { ...request, probe: normaliseProbe(request.probe) };
  },
  inputs: (request) => [
    ...request.checkpoints.map((point, index) => digestOf(`checkpoints[${index}].activations`, point.activations)),
    digestOf('codes', request.codes),
    digestOf('complexity', request.complexity),
  ],
  async plan(request, { artifacts }) {
    const codes = await openKind(artifacts, 'codes', request.codes, 'codes');
    for (const [index, point] of request.checkpoints.entries())
      requireSameRows(await openActivations(artifacts, `checkpoints[${index}].activations`, point.activations), codes);
    const complexity = await openKind(artifacts, 'complexity', request.complexity, 'complexity');
    requireSize('complexity', 'features', complexity.tensors['r2']?.shape[0] ?? 0, codes.rows('z').columns);
    return indexParts('checkpoint', request.checkpoints.length - 1);
  },
  async runPart(request, part, context) {
    const index = indexOfPart(part);
    const codes = await openKind(context.artifacts, 'codes', request.codes, 'codes');
    const points = await pointsOf(request, context);
    const { artifact, attributes } = points[index]!;
    requireSameRows(points[index]!, codes);
    const targets = await targetsOf(request, points, codes, context);
    const range = await artifact.range(attributes.penultimate);
    const layer = layerOf(points[index]!, 'checkpoints');
    const { r2, alpha } = await probeLayer(layer, range, targets, optionsOf(request), context.crew, context.control);
    return { r2: [...r2], alpha };
  },
  async finish(request, parts, context) {
    const codes = await openKind(context.artifacts, 'codes', request.codes, 'codes');
    const targets = await targetsOf(request, await pointsOf(request, context), codes, context);
    const moments = await targetMoments(targets, await codes.range('z'), context.crew, context.control);
    const { layers, last } = await layersOf(context, request);
    const earlier = parts as unknown as { r2: number[]; alpha: number }[];
    const r2 = [...earlier.map((part) => Float64Array.from(part.r2)), layers.at(-1)!];
    const scores = overTraining(r2, layers, moments);
    const { lambdaUnshared, kStdUnshared } = scores;
    const unshared = lambdaUnshared && kStdUnshared ? [vector('lambda_unshared', lambdaUnshared), vector('k_unshared', kStdUnshared)] : [];
    return {
      kind: 'over-training',
      attributes: { checkpoints: request.checkpoints.map(({ name }) => name), alpha: [...earlier.map(({ alpha }) => alpha), last] },
      tensors: [
        vector('lambda', scores.lambda),
        vector('lambda_raw', scores.lambdaRaw),
        ...unshared,
        { name: 'r2', dtype: 'F64', shape: [moments.variance.length, r2.length], data: transpose(r2, moments.variance.length) },
      ],
    };
  },
};

type Point = Awaited<ReturnType<typeof openActivations>>;

async function pointsOf({ checkpoints }: Request, { artifacts }: JobContext): Promise<Point[]> {
  return Promise.all(checkpoints.map(async ({ activations }, at) => openActivations(artifacts, `checkpoints[${at}].activations`, activations)));
}

function optionsOf(request: Request) {
  return { ...probeOptions(request.probe!), null: false, inSample: false };
}

/** The codes made ready for all checkpoints: the first part makes them, the others and `finish` find them. */
async function targetsOf(
  request: Request,
  points: readonly Point[],
  codes: Artifact,
  { codes: kept, crew, control }: JobContext,
): Promise<ProbeTargets> {
  const widest = Math.max(...points.map((activations) => layerOf(activations, 'checkpoints').columns));
  return kept.get(codes, optionsOf(request), widest, crew, control);
}

async function layersOf({ artifacts }: JobContext, request: Request): Promise<{ layers: Float64Array[]; last: Json }> {
  const complexity: Artifact = await openKind(artifacts, 'complexity', request.complexity, 'complexity');
  const { alpha } = complexity.attributes as { alpha: number[] };
  const r2 = await complexity.tensor('r2');
  const [k = 0, count = 0] = r2.shape;
  const values = toFloat64(r2);
  const layers = Array.from({ length: count }, (_, l) => Float64Array.from({ length: k }, (_, j) => values[j * count + l]!));
  return { layers, last: alpha.at(-1) ?? 0 };
}

import { importance as contracts } from '@fathom/contracts';
import { ablation, ablationOrders, importance } from '@fathom/measures';
import { toFloat64, type Tensor } from '@fathom/tensors';
import { digestOf, openKind, requireSize, wholeNumber } from './artifact-fields.js';
import { openDecision } from './decision.js';
import { wholeJob, type Job } from './job.js';

/** Importance of every feature (docs/measures.md §6). */
export const measureImportance: Job<contracts.StartMeasureRequest> = {
  ...wholeJob,
  name: 'importance.measure',
  revision: 2,
  crewed: true,
  determinism: 'PORTABLE',
  codec: contracts.StartMeasureRequest,
  normalise(request) {
    this.inputs(request);
    return request;
  },
  inputs: decisionInputs,
  async finish(request, _parts, { artifacts, crew, control }) {
    const { inputs, ranges } = await openDecision(artifacts, request);
    const measured = await importance(inputs, ranges, crew, control);
    return {
      kind: 'importance',
      attributes: {
        prediction_agreement: measured.predictionAgreement,
        reconstruction_r2: measured.reconstructionR2,
        accuracy: measured.accuracy ?? null,
      },
      tensors: [vector('importance', measured.importance), vector('importance_signed', measured.signed), vector('prevalence', measured.prevalence)],
    };
  },
};

/** Accuracy after removing features in four orders (docs/measures.md §6). */
export const ablate: Job<contracts.StartAblateRequest> = {
  ...wholeJob,
  name: 'importance.ablate',
  revision: 2,
  crewed: true,
  determinism: 'PORTABLE',
  codec: contracts.StartAblateRequest,
  normalise(request) {
    this.inputs(request);
    return { ...request, randomOrders: wholeNumber('random_orders', request.randomOrders, { least: 1, most: 1000, zero: 20 }) };
  },
  inputs: (request) => [...decisionInputs(request), digestOf('complexity', request.complexity), digestOf('importance', request.importance)],
  async finish(request, _parts, { artifacts, crew, control }) {
    const { inputs } = await openDecision(artifacts, request);
    const complexity = await openKind(artifacts, 'complexity', request.complexity, 'complexity');
    const important = await openKind(artifacts, 'importance', request.importance, 'importance');
    for (const [field, artifact, tensor] of [
      ['complexity', complexity, 'k_std'],
      ['importance', important, 'importance'],
    ] as const)
      requireSize(field, 'features', artifact.tensors[tensor]?.shape[0] ?? 0, inputs.z.columns);
    const column = async (from: typeof complexity, name: string): Promise<Float64Array> => toFloat64(await from.tensor(name));
    const orders = ablationOrders(await column(complexity, 'k_std'), await column(important, 'importance'), await column(complexity, 'live'), {
      seed: request.seed,
      draws: request.randomOrders,
    });
    const curves = await ablation(inputs, orders, crew, control);
    const tensors = Object.entries(curves).map(([name, curve]) => vector(name, Float64Array.from(curve)));
    return { kind: 'ablation', attributes: { labelled: inputs.labels !== undefined }, tensors };
  },
};

function decisionInputs(request: contracts.StartMeasureRequest): readonly string[] {
  return [
    digestOf('activations', request.activations),
    digestOf('codes', request.codes),
    digestOf('dictionary', request.dictionary),
    digestOf('model', request.model),
  ];
}

/** A column of float64, one value a feature (or a point of a curve). */
export function vector(name: string, data: Float64Array): Tensor {
  return { name, dtype: 'F64', shape: [data.length], data };
}

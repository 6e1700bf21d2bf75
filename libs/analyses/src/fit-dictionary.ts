import type { Json } from '@fathom/tensors';
import { dictionary } from '@fathom/contracts';
import { fitOneClass, fitNmfStreamed, neuronBasis, randomDirections } from '@fathom/dictionaries';
import { InputError } from '@fathom/errors';
import type { RowSource } from '@fathom/tensors';
import { labelsOrPredictions, layerOf, openActivations, requireLabels } from './activations.js';
import { digestOf, wholeNumber } from './artifact-fields.js';
import type { Job, JobContext } from './job.js';
import { indexOfPart, indexParts } from './row-parts.js';

type Request = dictionary.StartFitRequest;

/** What one part of a fit leaves behind. */
interface Fitted {
  /** Atoms row by row. */
  readonly atoms: number[];
  readonly count: number;
  readonly facts: { [name: string]: Json };
}

/** Fits a dictionary (docs/measures.md §1a). One part is one class, or all where there are no classes. */
export const fitDictionary: Job<Request> = {
  name: 'dictionary.fit',
  determinism: 'PORTABLE',
  codec: dictionary.StartFitRequest,
  normalise(request) {
    this.inputs(request);
    switch (request.method?.$case) {
      case 'classNmf':
        wholeNumber('class_nmf.atoms_per_class', request.method.value.atomsPerClass, { least: 1, most: 1000 });
        return request;
      case 'globalNmf':
        wholeNumber('global_nmf.atoms', request.method.value.atoms, { least: 1, most: 65_536 });
        return request;
      case 'randomDirections':
        wholeNumber('random_directions.atoms', request.method.value.atoms, { least: 1, most: 65_536 });
        return request;
      case 'neuronBasis':
        return request;
      case undefined:
        throw new InputError({ field: 'method', problem: 'is missing', accepted: 'class_nmf, global_nmf, neuron_basis or random_directions' });
    }
  },
  inputs: (request) => [digestOf('activations', request.activations), ...(request.model?.contentDigest ? [digestOf('model', request.model)] : [])],
  async plan(request, { artifacts }) {
    const activations = await openActivations(artifacts, 'activations', request.activations);
    layerOf(activations, 'tensor', request.tensor);
    if (request.method?.$case !== 'classNmf') return ['all'];
    await requireLabels(activations, artifacts, request.model);
    return indexParts('class', activations.attributes.classes);
  },
  async runPart(request, part, context) {
    const activations = await openActivations(context.artifacts, 'activations', request.activations);
    const rows = layerOf(activations, 'tensor', request.tensor);
    if (request.method?.$case !== 'classNmf') return (await fitAll(request, rows, context)) as unknown as Json;
    const labels = await labelsOrPredictions(activations, context.artifacts, request.model, context.control);
    const label = indexOfPart(part);
    const options = { atoms: request.method.value.atomsPerClass, seed: request.seed };
    const fit = await fitOneClass(rows, labels, label, options, context.control);
    const { loss, relativeLoss, sweeps, converged } = fit;
    const facts = { class: label, rows: fit.rows.length, loss, relative_loss: relativeLoss, sweeps, converged };
    return { atoms: [...fit.atoms], count: request.method.value.atomsPerClass, facts };
  },
  async finish(request, parts, { artifacts }) {
    const fitted = parts as unknown as Fitted[];
    const activations = await openActivations(artifacts, 'activations', request.activations);
    const width = layerOf(activations, 'tensor', request.tensor).columns;
    const count = fitted.reduce((sum, part) => sum + part.count, 0);
    const data = new Float64Array(count * width);
    let at = 0;
    for (const { atoms } of fitted) {
      data.set(atoms, at);
      at += atoms.length;
    }
    const atomsPerClass = request.method?.$case === 'classNmf' ? request.method.value.atomsPerClass : 0;
    const attributes = {
      method: request.method?.$case ?? '',
      tensor: request.tensor === '' ? activations.attributes.penultimate : request.tensor,
      atoms_per_class: atomsPerClass,
      fits: fitted.map(({ facts }) => facts),
    };
    return { kind: 'dictionary', attributes, tensors: [{ name: 'D', dtype: 'F64', shape: [count, width], data }] };
  },
};

async function fitAll({ method, seed }: Request, rows: RowSource, { control }: JobContext): Promise<Fitted> {
  if (method?.$case === 'globalNmf') {
    const { atoms } = method.value;
    const fit = await fitNmfStreamed(rows, { atoms, seed }, control);
    const { loss, relativeLoss, sweeps, converged } = fit;
    return { atoms: [...fit.atoms], count: atoms, facts: { rows: rows.rows, loss, relative_loss: relativeLoss, sweeps, converged } };
  }
  const count = method?.$case === 'randomDirections' ? method.value.atoms : rows.columns;
  const atoms = method?.$case === 'randomDirections' ? randomDirections(count, rows.columns, seed) : neuronBasis(rows.columns);
  return { atoms: [...atoms], count, facts: {} };
}

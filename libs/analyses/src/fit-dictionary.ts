import type { Json } from '@fathom/tensors';
import { dictionary } from '@fathom/contracts';
import { fitClasses, fitKMeans, fitNmfStreamed, neuronBasis, randomDirections } from '@fathom/dictionaries';
import { InputError, type Control } from '@fathom/errors';
import type { RowSource } from '@fathom/tensors';
import { labelsOrPredictions, layerOf, openActivations, requireLabels } from './activations.js';
import { digestOf, wholeNumber } from './artifact-fields.js';
import type { Job, JobContext } from './job.js';
import { indexOfPart, indexParts } from './row-parts.js';

type Request = dictionary.StartFitRequest;

/** What the fit of one class, or of all rows, leaves behind. */
interface Fitted {
  /** Atoms row by row. */
  readonly atoms: number[];
  readonly count: number;
  readonly facts: { [name: string]: Json };
}

/** Classes of a part: their rows are held together, and read once. At most 16, and fewer where else there were fewer than eight parts to go on from. */
function classesPerPart(classes: number): number {
  return Math.min(16, Math.ceil(classes / 8));
}

/** Fits a dictionary (docs/measures.md §1a). One part is up to 16 classes, or all where there are no classes. */
export const fitDictionary: Job<Request> = {
  name: 'dictionary.fit',
  revision: 2,
  crewed: true,
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
      case 'kMeans':
        wholeNumber('k_means.atoms', request.method.value.atoms, { least: 1, most: 65_536 });
        return request;
      case 'neuronBasis':
        return request;
      case undefined:
        throw new InputError({
          field: 'method',
          problem: 'is missing',
          accepted: 'class_nmf, global_nmf, k_means, neuron_basis or random_directions',
        });
    }
  },
  inputs: (request) => [digestOf('activations', request.activations), ...(request.model?.contentDigest ? [digestOf('model', request.model)] : [])],
  async plan(request, { artifacts }) {
    const activations = await openActivations(artifacts, 'activations', request.activations);
    const { rows } = layerOf(activations, 'tensor', request.tensor);
    if (request.method?.$case === 'kMeans') wholeNumber('k_means.atoms', request.method.value.atoms, { least: 1, most: rows });
    if (request.method?.$case !== 'classNmf') return ['all'];
    await requireLabels(activations, artifacts, request.model);
    return indexParts('classes', Math.ceil(activations.attributes.classes / classesPerPart(activations.attributes.classes)));
  },
  async runPart(request, part, context) {
    const activations = await openActivations(context.artifacts, 'activations', request.activations);
    const rows = layerOf(activations, 'tensor', request.tensor);
    if (request.method?.$case !== 'classNmf') return [await fitAll(request, rows, context)] as unknown as Json;
    const { artifacts, control, crew } = context;
    const quiet: Control = { throwIfCancelled: () => control.throwIfCancelled(), progress: () => undefined };
    const labels = await labelsOrPredictions(activations, artifacts, request.model, quiet);
    const { classes } = activations.attributes;
    const from = indexOfPart(part) * classesPerPart(classes);
    const to = Math.min(classes, from + classesPerPart(classes));
    const atoms = request.method.value.atomsPerClass;
    const fits = await fitClasses(rows, labels, { from, to }, { atoms, seed: request.seed }, crew, control);
    return fits.map((fit): Fitted => {
      const { loss, relativeLoss, sweeps, converged } = fit;
      const facts = { class: fit.class, rows: fit.rows.length, loss, relative_loss: relativeLoss, sweeps, converged };
      return { atoms: [...fit.atoms], count: atoms, facts };
    }) as unknown as Json;
  },
  async finish(request, parts, { artifacts }) {
    const fitted = (parts as unknown as Fitted[][]).flat();
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

async function fitAll({ method, seed }: Request, rows: RowSource, { crew, control }: JobContext): Promise<Fitted> {
  if (method?.$case === 'globalNmf') {
    const { atoms } = method.value;
    const fit = await fitNmfStreamed(rows, { atoms, seed }, crew, control);
    const { loss, relativeLoss, sweeps, converged } = fit;
    return { atoms: [...fit.atoms], count: atoms, facts: { rows: rows.rows, loss, relative_loss: relativeLoss, sweeps, converged } };
  }
  if (method?.$case === 'kMeans') {
    const { atoms: clusters } = method.value;
    const { centres, inertia, passes, converged } = await fitKMeans(rows, { clusters, seed }, crew, control);
    return { atoms: [...centres], count: clusters, facts: { rows: rows.rows, inertia, passes, converged } };
  }
  const count = method?.$case === 'randomDirections' ? method.value.atoms : rows.columns;
  const atoms = method?.$case === 'randomDirections' ? randomDirections(count, rows.columns, seed) : neuronBasis(rows.columns);
  return { atoms: [...atoms], count, facts: {} };
}

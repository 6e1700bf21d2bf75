import type { ShardRecord } from '@fathom/artifacts';
import { dictionary } from '@fathom/contracts';
import { fitClasses, fitKMeans, fitNmfStreamed, neuronBasis, randomDirections } from '@fathom/dictionaries';
import { InputError, type Control } from '@fathom/errors';
import { sliceRows, type Json, type RowSource, type Tensor } from '@fathom/tensors';
import { labelsOrPredictions, layerOf, openActivations, requireLabels, type Activations } from './activations.js';
import { digestOf, wholeNumber } from './artifact-fields.js';
import type { Job, JobContext } from './job.js';
import { indexOfPart, indexParts, ROWS_PER_PART } from './row-parts.js';

type Request = dictionary.StartFitRequest;

type Facts = Readonly<Record<string, Json>>;

/** What the fit of one class leaves behind: its atoms row by row. */
interface ClassFit {
  readonly atoms: number[];
  readonly facts: Facts;
}

/** What the fit of all rows leaves behind: its atoms are stored, since they may be more than JSON holds. */
interface WholeFit {
  readonly shards: readonly ShardRecord[];
  readonly facts: Facts;
}

/** Most values of a part that is kept as JSON, 22 characters each: a string has at most 2²⁹. */
const MOST_VALUES = 2 ** 24;

/**
 * Classes of a part: their rows are held together, and read once. At most 16, and fewer where else there were fewer than eight parts to
 * go on from, or their atoms were too many for one JSON.
 */
function classesPerPart(classes: number, valuesPerClass: number): number {
  return Math.min(16, Math.ceil(classes / 8), Math.max(1, Math.floor(MOST_VALUES / valuesPerClass)));
}

/** Fits a dictionary (docs/measures.md §1a). One part is up to 16 classes, or all where there are no classes. */
export const fitDictionary: Job<Request> = {
  name: 'dictionary.fit',
  revision: 4,
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
    const { rows, columns } = layerOf(activations, 'tensor', request.tensor);
    if (request.method?.$case === 'kMeans') wholeNumber('k_means.atoms', request.method.value.atoms, { least: 1, most: rows });
    if (request.method?.$case !== 'classNmf') return ['whole'];
    const { atomsPerClass } = request.method.value;
    wholeNumber('class_nmf.atoms_per_class', atomsPerClass, { least: 1, most: Math.floor(MOST_VALUES / columns) });
    await requireLabels(activations, artifacts, request.model);
    const { classes } = activations.attributes;
    return indexParts('classes', Math.ceil(classes / classesPerPart(classes, atomsPerClass * columns)));
  },
  async runPart(request, part, context) {
    const activations = await openActivations(context.artifacts, 'activations', request.activations);
    const rows = layerOf(activations, 'tensor', request.tensor);
    if (request.method?.$case !== 'classNmf') return (await fitWhole(request, activations, rows, context)) as unknown as Json;
    const { artifacts, control, crew } = context;
    const quiet: Control = { throwIfCancelled: () => control.throwIfCancelled(), progress: () => undefined };
    const labels = await labelsOrPredictions(activations, artifacts, request.model, quiet);
    const { classes } = activations.attributes;
    const atoms = request.method.value.atomsPerClass;
    const step = classesPerPart(classes, atoms * rows.columns);
    const from = indexOfPart(part) * step;
    const to = Math.min(classes, from + step);
    const fits = await fitClasses(rows, labels, { from, to }, { atoms, seed: request.seed }, crew, control);
    return fits.map((fit): ClassFit => {
      const { loss, relativeLoss, sweeps, converged } = fit;
      const facts = { class: fit.class, rows: fit.rows.length, loss, relative_loss: relativeLoss, sweeps, converged };
      return { atoms: [...fit.atoms], facts };
    }) as unknown as Json;
  },
  async finish(request, parts, { artifacts }) {
    const activations = await openActivations(artifacts, 'activations', request.activations);
    const atomsPerClass = request.method?.$case === 'classNmf' ? request.method.value.atomsPerClass : 0;
    const attributes = (fits: readonly { readonly facts: Facts }[]) => ({
      method: request.method?.$case ?? '',
      tensor: request.tensor === '' ? activations.attributes.penultimate : request.tensor,
      atoms_per_class: atomsPerClass,
      fits: fits.map(({ facts }) => facts),
    });
    if (atomsPerClass === 0) {
      const [whole] = parts as unknown as [WholeFit];
      return { kind: 'dictionary', attributes: attributes([whole]), shards: whole.shards };
    }
    const fits = (parts as unknown as ClassFit[][]).flat();
    const width = layerOf(activations, 'tensor', request.tensor).columns;
    const data = new Float64Array(fits.length * atomsPerClass * width);
    fits.forEach(({ atoms }, c) => data.set(atoms, c * atomsPerClass * width));
    const D: Tensor = { name: 'D', dtype: 'F64', shape: [fits.length * atomsPerClass, width], data };
    return { kind: 'dictionary', attributes: attributes(fits), tensors: [D] };
  },
};

/** Fits all rows at once, and stores the atoms. */
async function fitWhole(request: Request, activations: Activations, rows: RowSource, context: JobContext): Promise<WholeFit> {
  const { atoms, facts } = await fitAll(request, activations, rows, context);
  const count = atoms.length / rows.columns;
  const D: Tensor = { name: 'D', dtype: 'F64', shape: [count, rows.columns], data: atoms };
  const shards: ShardRecord[] = [];
  for (let start = 0; start < count; start += ROWS_PER_PART)
    shards.push(await context.artifacts.writeShard(start, [sliceRows(D, start, Math.min(count, start + ROWS_PER_PART))]));
  return { shards, facts };
}

async function fitAll(
  { method, seed, tensor }: Request,
  { artifact, attributes }: Activations,
  rows: RowSource,
  { crew, control }: JobContext,
): Promise<{ atoms: Float64Array; facts: Facts }> {
  switch (method?.$case) {
    case 'globalNmf': {
      const name = tensor === '' ? attributes.penultimate : tensor;
      const options = { atoms: method.value.atoms, seed };
      const known = artifact.tensors[name]?.ranges ? { range: await artifact.range(name) } : {};
      const { atoms, loss, relativeLoss, sweeps, converged } = await fitNmfStreamed(rows, { ...options, ...known }, crew, control);
      return { atoms, facts: { rows: rows.rows, loss, relative_loss: relativeLoss, sweeps, converged } };
    }
    case 'kMeans': {
      const { centres, inertia, passes, converged } = await fitKMeans(rows, { clusters: method.value.atoms, seed }, crew, control);
      return { atoms: centres, facts: { rows: rows.rows, inertia, passes, converged } };
    }
    case 'randomDirections':
      return { atoms: randomDirections(method.value.atoms, rows.columns, seed), facts: {} };
    default:
      return { atoms: neuronBasis(rows.columns), facts: {} };
  }
}

import type { ShardRecord } from '@fathom/artifacts';
import { dictionary } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import type { Json } from '@fathom/tensors';
import { layerOf, openActivations } from './activations.js';
import { digestOf, openKind } from './artifact-fields.js';
import type { Job, JobContext } from './job.js';
import { rowParts, rowsOfPart } from './row-parts.js';

type Request = dictionary.StartEncodeRequest;

/** Codes of activations for a dictionary (docs/measures.md §1). One part is 1,024 rows. */
export const encodeCodes: Job<Request> = {
  name: 'dictionary.encode',
  revision: 2,
  crewed: true,
  determinism: 'PORTABLE',
  codec: dictionary.StartEncodeRequest,
  normalise(request) {
    digestOf('dictionary', request.dictionary);
    digestOf('activations', request.activations);
    return request;
  },
  inputs: (request) => [digestOf('dictionary', request.dictionary), digestOf('activations', request.activations)],
  async plan(request, { artifacts, limits }) {
    const { rows, source, width, count } = await prepare(request, artifacts);
    if (count > limits.codeAtoms)
      throw new InputError({ field: 'dictionary', problem: 'has too many atoms', value: count, accepted: `at most ${limits.codeAtoms} atoms` });
    if (source.columns !== width)
      throw new InputError({
        field: 'activations',
        problem: 'have another width than the atoms',
        value: source.columns,
        accepted: `${width} channels`,
      });
    return rowParts(rows);
  },
  async runPart(request, part, context) {
    const { artifacts, crew, control } = context;
    const { rows, source, atoms, count } = await prepare(request, artifacts);
    const encoder = await context.encoder.get(atoms, crew);
    const { start, end } = rowsOfPart(part, rows);
    const { codes, worstKkt } = await encoder.encode(await source.read(start, end), end - start, crew, control);
    const record = await artifacts.writeShard(start, [{ name: 'z', dtype: 'F32', shape: [end - start, count], data: Float32Array.from(codes) }]);
    return { record: record as unknown as Json, worst_kkt: worstKkt };
  },
  async finish(request, parts, { artifacts }) {
    const { attributes: made } = await openActivations(artifacts, 'activations', request.activations);
    const done = parts as unknown as { record: ShardRecord; worst_kkt: number }[];
    const worst = Math.max(...done.map((part) => part.worst_kkt));
    const attributes = { images: made.images, rows: { ...made.rows }, worst_kkt_residual: worst };
    return { kind: 'codes', attributes, shards: done.map(({ record }) => record) };
  },
};

async function prepare(request: Request, artifacts: JobContext['artifacts']) {
  const activations = await openActivations(artifacts, 'activations', request.activations);
  const atoms = await openKind(artifacts, 'dictionary', request.dictionary, 'dictionary');
  const [count = 0, width = 0] = atoms.tensors['D']?.shape ?? [];
  return { rows: activations.rows, source: layerOf(activations, 'tensor', request.tensor), atoms, count, width };
}

import type { ArtifactStore, ShardRecord } from '@fathom/artifacts';
import { dictionary } from '@fathom/contracts';
import { NnlsEncoder } from '@fathom/dictionaries';
import { toFloat64, type Json } from '@fathom/tensors';
import { layerOf, openActivations } from './activations.js';
import { digestOf, openKind } from './artifact-fields.js';
import type { Job, JobContext } from './job.js';
import { rowParts, rowsOfPart } from './row-parts.js';
import type { Reference } from './artifact-fields.js';
import { InputError } from '@fathom/errors';

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
  async plan(request, { artifacts }) {
    const { rows, source, width } = await prepare(request, artifacts);
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
    const { rows, source } = await prepare(request, artifacts);
    const { encoder, atoms } = await encoderOf(context, 'dictionary', request.dictionary);
    const { start, end } = rowsOfPart(part, rows);
    const { codes, worstKkt } = await encoder.encode(await source.read(start, end), end - start, crew, control);
    const record = await artifacts.writeShard(start, [{ name: 'z', dtype: 'F32', shape: [end - start, atoms], data: Float32Array.from(codes) }]);
    return { record: record as unknown as Json, worst_kkt: worstKkt };
  },
  async finish(request, parts, { artifacts }) {
    kept.delete(artifacts);
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
  return { rows: activations.rows, source: layerOf(activations, 'tensor', request.tensor), width: atoms.tensors['D']?.shape[1] ?? 0 };
}

interface KeptEncoder {
  readonly digest: string;
  readonly encoder: NnlsEncoder;
  readonly atoms: number;
  readonly width: number;
}

/** The encoder that a thread used last: the parts of a job share it, and it takes seconds to prepare one for 10,000 atoms. */
const kept = new WeakMap<ArtifactStore, KeptEncoder>();

/** An encoder for the dictionary of a request field. */
export async function encoderOf({ artifacts, crew }: JobContext, field: string, reference: Reference | undefined): Promise<KeptEncoder> {
  const artifact = await openKind(artifacts, field, reference, 'dictionary');
  const digest = artifact.digest;
  const last = kept.get(artifacts);
  if (last?.digest === digest) return last;
  kept.delete(artifacts);
  const D = await artifact.tensor('D');
  const [atoms = 0, width = 0] = D.shape;
  const made = { digest, encoder: await NnlsEncoder.create(toFloat64(D), atoms, width, crew), atoms, width };
  kept.set(artifacts, made);
  return made;
}

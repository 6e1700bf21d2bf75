import type { Artifact, ShardRecord } from '@fathom/artifacts';
import { activation } from '@fathom/contracts';
import { checkImages, fitImages, pool, preprocess, type Network, type Pooling, type Preprocessing } from '@fathom/engines';
import { InputError } from '@fathom/errors';
import type { Json, Tensor } from '@fathom/tensors';
import { digestOf, openKind, resolveRows } from './artifact-fields.js';
import { imagesOf, type StoredImages } from './stored-images.js';
import { descriptionOf, preprocessingOf } from './model-description.js';
import type { Job, JobContext } from './job.js';
import { BATCH } from './tried-networks.js';
import { rowParts, rowsOfPart } from './row-parts.js';

type Request = activation.StartExtractRequest;

/** What an "activations" artifact says of itself. */
export interface ActivationsAttributes {
  /** Content digests of the network and the images; of uploaded ones the network is '' where it is not known, and the images may be any name. */
  readonly model: string;
  readonly images: string;
  /** Rows of the image set. */
  readonly rows: { readonly first: number; readonly count: number };
  /** Tensors in forward order; the penultimate layer among them where it was asked for. */
  readonly taps: readonly string[];
  /** The tensor that the head reads. */
  readonly penultimate: string;
  /** Inputs of every residual addition; empty unless the request asked for branches. */
  readonly branches: readonly { readonly tap: string; readonly shortcut: string; readonly main: string }[];
  /** 'elsewhere' where they were uploaded. */
  readonly pooling: Pooling | 'elsewhere';
  /** Number of classes of the head. */
  readonly classes: number;
}

interface Plan {
  readonly model: Artifact;
  readonly images: StoredImages;
  readonly preprocessing: Preprocessing;
  readonly rows: { first: number; count: number };
  /** All tensors to read, each once. */
  readonly tensors: readonly string[];
  readonly attributes: ActivationsAttributes & { readonly pooling: Pooling };
}

const POOLINGS: Partial<Record<activation.Pooling, Pooling>> = {
  [activation.Pooling.MEAN]: 'mean',
  [activation.Pooling.FLAT]: 'flat',
  [activation.Pooling.GRID2]: 'grid2',
  [activation.Pooling.CLS]: 'cls',
};

/** Runs a network on images and keeps its pooled activations (docs/measures.md §1). One part is 1,024 images. */
export const extractActivations: Job<Request> = {
  name: 'activation.extract',
  revision: 3,
  determinism: 'ENGINE',
  codec: activation.StartExtractRequest,
  normalise(request) {
    digestOf('model', request.model);
    digestOf('images', request.images);
    if (request.pooling === activation.Pooling.UNSPECIFIED) return { ...request, pooling: activation.Pooling.MEAN };
    if (!POOLINGS[request.pooling])
      throw new InputError({
        field: 'pooling',
        problem: 'is not known',
        value: request.pooling,
        accepted: 'POOLING_MEAN, POOLING_FLAT, POOLING_GRID2 or POOLING_CLS',
      });
    return request;
  },
  inputs: (request) => [digestOf('model', request.model), digestOf('images', request.images)],
  async plan(request, context) {
    const plan = await prepare(request, context);
    await networkFor(plan, context);
    return rowParts(plan.rows.count);
  },
  async runPart(request, part, context) {
    const plan = await prepare(request, context);
    const { start, end } = rowsOfPart(part, plan.rows.count);
    const tensors = await extractRows(plan, start, end, context);
    // A shard of its own for every tensor: what reads one layer need not read the others.
    return (await Promise.all(tensors.map((tensor) => context.artifacts.writeShard(start, [tensor])))) as unknown as Json;
  },
  async finish(request, parts, context) {
    const { attributes } = await prepare(request, context);
    return { kind: 'activations', attributes: attributes as unknown as Json, shards: (parts as unknown as ShardRecord[][]).flat() };
  },
};

async function prepare(request: Request, { artifacts }: JobContext): Promise<Plan> {
  const model = await openKind(artifacts, 'model', request.model, 'model');
  const images = imagesOf(await openKind(artifacts, 'images', request.images, 'images'));
  const description = descriptionOf(model);
  const preprocessing = preprocessingOf(description);
  checkImages(images, preprocessing);
  const rows = resolveRows('rows', request.rows, images.count);
  const taps = request.taps.length > 0 ? [...new Set(request.taps)] : description.taps;
  const branches = request.branches ? description.blocks.map(({ tap, shortcut, main }) => ({ tap, shortcut, main })) : [];
  const tensors = [...new Set([...taps, ...branches.flatMap(({ shortcut, main }) => [shortcut, main])])];
  const attributes: Plan['attributes'] = {
    model: model.digest,
    images: images.artifact.digest,
    rows,
    taps,
    penultimate: description.penultimate,
    branches,
    pooling: POOLINGS[request.pooling] ?? 'mean',
    classes: description.classes,
  };
  return { model, images, preprocessing, rows, tensors, attributes };
}

/** The network with all tensors as outputs, averaged over space where that is the pooling. */
function networkFor({ model, tensors, attributes }: Plan, { networks }: JobContext): Promise<Network> {
  const averaged = attributes.pooling === 'mean' ? tensors.filter((name) => name !== attributes.penultimate) : [];
  return networks.get(model, tensors, averaged);
}

async function extractRows(plan: Plan, start: number, end: number, context: JobContext): Promise<Tensor[]> {
  const network = await networkFor(plan, context);
  const filled = new Map<string, { data: Float32Array; width: number }>();
  const first = plan.rows.first + start;
  for (let at = 0; at < end - start; at += BATCH) {
    context.control.throwIfCancelled();
    const count = Math.min(BATCH, end - start - at);
    const stored = await plan.images.read(first + at, first + at + count);
    const pixels = fitImages(stored, count, plan.images, plan.preprocessing);
    const outputs = await network.run(preprocess(pixels, count, plan.preprocessing), count);
    for (const name of plan.tensors) {
      const kind = name === plan.attributes.penultimate ? 'flat' : plan.attributes.pooling;
      const { data, width } = pool(outputs.get(name)!, kind, count);
      const whole = filled.get(name) ?? { data: new Float32Array((end - start) * width), width };
      whole.data.set(data, at * width);
      filled.set(name, whole);
    }
  }
  const tensors: Tensor[] = [...filled].map(([name, { data, width }]) => ({ name, dtype: 'F32', shape: [end - start, width], data }));
  const labels = await plan.images.labels(first, first + end - start);
  if (labels) tensors.push({ name: 'labels', dtype: 'I32', shape: [labels.length], data: labels });
  return tensors;
}

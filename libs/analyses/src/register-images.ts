import { createHash } from 'node:crypto';
import type { ShardRecord } from '@fathom/artifacts';
import { activation } from '@fathom/contracts';
import { fingerprintImageSet, type ImageLimits, type ImageSetDescription, type ImageSource } from '@fathom/images';
import { InputError } from '@fathom/errors';
import type { Json, Tensor } from '@fathom/tensors';
import type { Job } from './job.js';
import { closeImages, withImages } from './open-images.js';
import { requireName } from './register-model.js';
import { ROWS_PER_PART, rowParts, rowsOfPart } from './row-parts.js';

/** A request to register, with what tells one state of the files from another. */
export interface RegisterImagesJob {
  readonly request: activation.StartRegisterImagesRequest;
  /** Sizes and times of change of the files: the same paths with other content are another request. */
  readonly fingerprint: string;
}

/** A part is held in memory, twice while it is stored. */
const MOST_PART_BYTES = 2 ** 30;

/** Puts an image set into the store. One part is 1,024 images. */
export const registerImages: Job<RegisterImagesJob> = {
  name: 'activation.register-images',
  revision: 1,
  determinism: 'PORTABLE',
  codec: {
    toJSON: ({ request, fingerprint }) => ({ request: activation.StartRegisterImagesRequest.toJSON(request), fingerprint }),
    fromJSON: (json) => {
      const { request, fingerprint } = json as { request: unknown; fingerprint: string };
      return { request: activation.StartRegisterImagesRequest.fromJSON(request), fingerprint };
    },
  },
  normalise(job) {
    requireName(job.request.name);
    imageSetDescription(job.request);
    return job;
  },
  inputs: () => [],
  async plan(job, { limits }) {
    // What an earlier attempt has left open may be out of date.
    await closeImages();
    return withImagesOf(job, limits, (source) => {
      checkPartSize(source);
      return rowParts(source.count);
    });
  },
  runPart: (job, part, { artifacts, control, limits }) =>
    withImagesOf(job, limits, async (source) => {
      const { start, end } = rowsOfPart(part, source.count);
      if (start >= end) throw changed(source);
      control.throwIfCancelled();
      const shard = await artifacts.writeShard(start, await imageRows(source, start, end));
      return { shard, state: stateOf(source) } as unknown as Json;
    }),
  async finish(job, parts, { limits }) {
    const output = await withImagesOf(job, limits, async (source) => {
      const read = parts as unknown as readonly PartOfImages[];
      const state = stateOf(source);
      // Every part was opened in the state that the files are in after all parts: so none has changed in between.
      const isSame = source.fingerprint === (await fingerprintImageSet(imageSetDescription(job.request)));
      if (!isSame || read.length !== rowParts(source.count).length || read.some((part) => part.state !== state)) throw changed(source);
      return {
        kind: 'images',
        attributes: { name: job.request.name, class_names: [...source.classNames], skipped: source.skipped.length },
        shards: read.map(({ shard }) => shard),
      };
    });
    await closeImages();
    return output;
  },
};

/** What a part leaves: its rows, and a digest of the image set that they were read from. */
interface PartOfImages {
  readonly shard: ShardRecord;
  readonly state: string;
}

/** Tells one image set from another by its files, and by those that could be read. */
function stateOf({ fingerprint, count, height, width, channels, skipped }: ImageSource): string {
  return createHash('sha256')
    .update(JSON.stringify([fingerprint, count, height, width, channels, skipped]))
    .digest('hex');
}

function changed({ name }: ImageSource): InputError {
  return new InputError({ field: name, problem: 'changed while it was read', accepted: 'files that stay as they are; start the registration again' });
}

/** @throws InputError where the images of one part would not fit in {@link MOST_PART_BYTES} */
export function checkPartSize({ name, count, height, width, channels }: ImageSource): void {
  const images = Math.min(count, ROWS_PER_PART);
  if (images * height * width * channels <= MOST_PART_BYTES) return;
  throw new InputError({
    field: name,
    problem: 'its images are too large',
    value: `${height} × ${width} × ${channels} bytes`,
    accepted: `at most ${MOST_PART_BYTES} bytes for ${images} images; give a resize rule, or make the images smaller`,
  });
}

/** The image set that a request means, as the images library takes it. */
export function imageSetDescription({ source }: activation.StartRegisterImagesRequest): ImageSetDescription {
  switch (source?.$case) {
    case 'idx':
      return {
        kind: 'idx',
        images: source.value.imagesPath,
        ...(source.value.labelsPath === '' ? {} : { labels: source.value.labelsPath }),
        ...(source.value.classNames.length === 0 ? {} : { classNames: source.value.classNames }),
      };
    case 'folder': {
      const { path, gray, resizeWidth, resizeHeight, skipBad, resizeFit } = source.value;
      const resize = resizeWidth > 0 || resizeHeight > 0 ? { resize: { width: resizeWidth, height: resizeHeight, fit: fitOf(resizeFit) } } : {};
      return { kind: 'folder', root: path, channels: gray ? 1 : 3, skipBad, ...resize };
    }
    case 'array': {
      const { imagesPath, imagesTensor, labelsPath, labelsTensor } = source.value;
      const labels = labelsPath === '' ? {} : { labels: { file: labelsPath, ...(labelsTensor === '' ? {} : { tensor: labelsTensor }) } };
      return { kind: 'arrays', images: { file: imagesPath, ...(imagesTensor === '' ? {} : { tensor: imagesTensor }) }, ...labels };
    }
    case undefined:
      throw new InputError({ field: 'source', problem: 'is missing', accepted: 'idx, folder or array' });
  }
}

function fitOf(fit: activation.ResizeFit): 'cover' | 'contain' | 'fill' {
  if (fit === activation.ResizeFit.CONTAIN) return 'contain';
  return fit === activation.ResizeFit.FILL ? 'fill' : 'cover';
}

function withImagesOf<T>({ request, fingerprint }: RegisterImagesJob, limits: ImageLimits, use: (source: ImageSource) => T | Promise<T>): Promise<T> {
  const description = imageSetDescription(request);
  return withImages(JSON.stringify([description, fingerprint]), description, limits, use);
}

/** Images start..end−1 of a set, with their labels where it has some. */
export async function imageRows(source: ImageSource, start: number, end: number): Promise<Tensor[]> {
  const { height, width, channels, labels } = source;
  const images: Tensor = { name: 'images', dtype: 'U8', shape: [end - start, height, width, channels], data: await source.read(start, end) };
  return labels ? [images, { name: 'labels', dtype: 'I32', shape: [end - start], data: labels.slice(start, end) }] : [images];
}

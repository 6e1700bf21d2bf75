import type { ShardRecord } from '@fathom/artifacts';
import { activation } from '@fathom/contracts';
import { openImageSet, type ImageSetDescription, type ImageSource } from '@fathom/images';
import { InputError } from '@fathom/errors';
import type { Json, Tensor } from '@fathom/tensors';
import type { Job } from './job.js';
import { requireName } from './register-model.js';
import { rowParts, rowsOfPart } from './row-parts.js';

/** A request to register, with what tells one state of the files from another. */
export interface RegisterImagesJob {
  readonly request: activation.StartRegisterImagesRequest;
  /** Sizes and times of change of the files: the same paths with other content are another request. */
  readonly fingerprint: string;
}

/** Puts an image set into the store. One part is 1,024 images. */
export const registerImages: Job<RegisterImagesJob> = {
  name: 'activation.register-images',
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
  plan: ({ request }) => withImages(request, (source) => rowParts(source.count)),
  runPart: ({ request }, part, { artifacts, control }) =>
    withImages(request, async (source) => {
      const { start, end } = rowsOfPart(part, source.count);
      control.throwIfCancelled();
      return (await artifacts.writeShard(start, await rowsOf(source, start, end))) as unknown as Json;
    }),
  finish: ({ request }, parts) =>
    withImages(request, (source) => ({
      kind: 'images',
      attributes: { name: request.name, class_names: [...source.classNames], skipped: source.skipped.length },
      shards: parts as unknown as ShardRecord[],
    })),
};

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

/** Opens the image set of a request for as long as `use` needs it. */
async function withImages<T>(request: activation.StartRegisterImagesRequest, use: (source: ImageSource) => T | Promise<T>): Promise<T> {
  const source = await openImageSet(imageSetDescription(request));
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

async function rowsOf(source: ImageSource, start: number, end: number): Promise<Tensor[]> {
  const { height, width, channels, labels } = source;
  const images: Tensor = { name: 'images', dtype: 'U8', shape: [end - start, height, width, channels], data: await source.read(start, end) };
  return labels ? [images, { name: 'labels', dtype: 'I32', shape: [end - start], data: labels.slice(start, end) }] : [images];
}

import { InputError } from '@fathom/errors';
import { openArrays, type ArrayImages } from './array-images.js';
import { openClassFolder, type FolderImages } from './folder-images.js';
import { openIdx, type IdxImages } from './idx-images.js';
import { IMAGE_LIMITS, withinLimits, type ImageLimits } from './image-limits.js';
import type { ImageSource } from './image-source.js';

/** Where images come from. Plain data, so that it can stand in a request. */
export type ImageSetDescription = IdxImages | FolderImages | ArrayImages;

/**
 * Opens an image set: checks all that can be told without decoding pixels, and reads them when asked.
 *
 * @throws InputError naming the file, what is wrong with it (or how much too large it is) and what is accepted
 */
export async function openImageSet(description: ImageSetDescription, limits: ImageLimits = IMAGE_LIMITS): Promise<ImageSource> {
  return withinLimits(await opened(description, limits), limits);
}

async function opened(description: ImageSetDescription, limits: ImageLimits): Promise<ImageSource> {
  switch (description.kind) {
    case 'idx':
      return openIdx(description, limits);
    case 'folder':
      return openClassFolder(description, limits);
    case 'arrays':
      return openArrays(description, limits);
    default:
      throw new InputError({
        field: 'kind',
        problem: 'unknown kind of image set',
        value: (description as { kind: unknown }).kind,
        accepted: 'idx, folder or arrays',
      });
  }
}

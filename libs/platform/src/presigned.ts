import { FathomError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';

/** How long presigned URLs hold, in seconds. */
export const URL_SECONDS = 3_600;

/**
 * What makes presigned requests in a store.
 *
 * @param instead what a caller may do where there is none
 * @throws FathomError STORE_WITHOUT_URLS where the store makes none
 */
export function requirePresigning(objects: ObjectStore, instead: string): NonNullable<ObjectStore['presign']> {
  if (objects.presign) return objects.presign.bind(objects);
  throw new FathomError('STORE_WITHOUT_URLS', `the store of this service is no S3 bucket and gives out no URLs; ${instead}`);
}

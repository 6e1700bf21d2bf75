import { fileURLToPath } from 'node:url';
import { InputError } from '@fathom/errors';
import { fileStore } from './file-store.js';
import type { ObjectStore } from './object-store.js';
import type { S3Access } from './s3-options.js';
import { s3Store } from './s3-store.js';
import { tenantStore } from './tenant-store.js';

/** Which store to open. */
export interface StoreConfig {
  /** A path, `file:///path`, or `s3://bucket/prefix`. */
  readonly location: string;
  /** How the S3 service is reached. Needed for `s3://`. @default undefined */
  readonly s3?: S3Access;
  /** Whose part of it. @default all of it */
  readonly tenant?: string;
}

/** Opens the store at a location. Nothing is read or written yet. @throws InputError for another kind of location, or S3 without access */
export function openStore(config: string | StoreConfig): ObjectStore {
  if (typeof config === 'string') return openWhole({ location: config });
  const objects = openWhole(config);
  return config.tenant === undefined ? objects : tenantStore(objects, config.tenant);
}

function openWhole({ location, s3 }: StoreConfig): ObjectStore {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase();
  if (scheme === 's3') {
    if (s3 === undefined)
      throw new InputError({
        field: 'store',
        problem: 'no access to the S3 service is configured',
        value: location,
        accepted: 'endpoint, accessKey and secretKey under s3',
      });
    const [bucket = '', ...prefix] = location.slice('s3://'.length).replace(/\/+$/, '').split('/');
    return s3Store({ ...s3, bucket, prefix: prefix.join('/') });
  }
  if (location === '' || location.includes('\0') || (scheme !== undefined && (scheme !== 'file' || !/^file:\/\/\//i.test(location))))
    throw new InputError({
      field: 'store',
      problem: 'not a location',
      value: location,
      accepted: 'a path, file:///path, or s3://bucket/prefix',
    });
  return fileStore(scheme === 'file' ? fileURLToPath(location) : location);
}

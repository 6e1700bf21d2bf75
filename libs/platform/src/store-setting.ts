import { resolve } from 'node:path';
import { InputError } from '@fathom/errors';
import type { StoreConfig } from '@fathom/store';

/**
 * The store of a setting: a location, or an object with `location` and `s3`. Credentials for S3 come from the object or from
 * FATHOM_S3_ENDPOINT, FATHOM_S3_ACCESS_KEY, FATHOM_S3_SECRET_KEY and FATHOM_S3_REGION; there are none by default. Errors do not show the setting, which may hold a secret.
 */
export function storeSetting(setting: unknown, env: Readonly<Record<string, string | undefined>>): StoreConfig {
  const given = typeof setting === 'string' ? { location: setting } : setting;
  if (typeof given !== 'object' || given === null || !('location' in given) || typeof given.location !== 'string')
    throw new InputError({
      field: 'store',
      problem: 'is no store',
      accepted: 'a path, file:///path, s3://bucket/prefix, or an object with location and s3',
    });
  const unknown = Object.keys(given).find((key) => key !== 'location' && key !== 's3');
  if (unknown !== undefined) throw new InputError({ field: `store.${unknown}`, problem: 'is no setting', accepted: 'location, s3' });
  const { location } = given;
  if ('s3' in given) return given as StoreConfig;
  const { FATHOM_S3_ENDPOINT: endpoint, FATHOM_S3_ACCESS_KEY: accessKey, FATHOM_S3_SECRET_KEY: secretKey, FATHOM_S3_REGION: region } = env;
  if (location.startsWith('s3://') && endpoint && accessKey && secretKey)
    return { location, s3: { endpoint, accessKey, secretKey, ...(region ? { region } : {}) } };
  return { location: location.includes('://') ? location : resolve(location) };
}

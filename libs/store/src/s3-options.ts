import { InputError } from '@fathom/errors';

/** How an S3 service is reached. There are no default credentials. */
export interface S3Access {
  /** Address of the service, `https://host` or `http://host:port`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** For temporary credentials. @default undefined */
  readonly sessionToken?: string;
  /** @default 'us-east-1' */
  readonly region?: string;
  /** Whether the bucket stands in the path, not in the host name. @default true */
  readonly pathStyle?: boolean;
  /** Time for one attempt of one call, in milliseconds. @default 120000 */
  readonly deadlineMs?: number;
  /** How often a call is made when the service does not answer or says that it is busy. @default 4 */
  readonly attempts?: number;
}

/** Options of `s3Store`. */
export interface S3Options extends S3Access {
  readonly bucket: string;
  /** What keys begin with in the bucket, without `/` at its ends. @default '' */
  readonly prefix?: string;
}

/** Options with every default filled in. */
export interface S3Settings extends Required<Omit<S3Options, 'endpoint' | 'sessionToken'>> {
  readonly endpoint: URL;
  readonly sessionToken: string | undefined;
}

/** Checks options and fills in defaults. @throws InputError naming every field that is wrong */
export function s3Settings(options: S3Options): S3Settings {
  const { region = 'us-east-1', pathStyle = true, deadlineMs = 120_000, attempts = 4, prefix = '', sessionToken } = options;
  const endpoint = URL.canParse(options.endpoint) ? new URL(options.endpoint) : undefined;
  const wrong = [
    endpoint !== undefined && ['http:', 'https:'].includes(endpoint.protocol) && endpoint.pathname === '/'
      ? ''
      : 'endpoint (https://host or http://host:port)',
    isText(options.accessKey) ? '' : 'accessKey (text)',
    isText(options.secretKey) ? '' : 'secretKey (text)',
    isText(region) ? '' : 'region (text)',
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(options.bucket) ? '' : 'bucket (3 to 63 of a-z 0-9 . -)',
    /^([A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*)?$/.test(prefix) ? '' : 'prefix (A-Z a-z 0-9 . _ - in parts separated by /)',
    Number.isSafeInteger(deadlineMs) && deadlineMs > 0 ? '' : 'deadlineMs (an integer above 0)',
    Number.isSafeInteger(attempts) && attempts > 0 ? '' : 'attempts (an integer above 0)',
  ].filter((field) => field !== '');
  if (wrong.length > 0 || endpoint === undefined)
    // The values are not shown: one of them is a secret.
    throw new InputError({ field: 's3', problem: 'missing or wrong', accepted: wrong.join('; ') });
  return {
    endpoint,
    accessKey: options.accessKey,
    secretKey: options.secretKey,
    sessionToken,
    region,
    pathStyle,
    deadlineMs,
    attempts,
    bucket: options.bucket,
    prefix,
  };
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

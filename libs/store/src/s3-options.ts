import { InputError } from '@fathom/errors';

const MIB = 2 ** 20;

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
  /** Address of the service in presigned URLs, where clients reach it by another one. @default endpoint */
  readonly publicEndpoint?: string;
  /** Time for one attempt of one call, in milliseconds. @default 60000 */
  readonly deadlineMs?: number;
  /** How often a call is made, at least, when the service does not answer or says that it is busy. @default 4 */
  readonly attempts?: number;
  /** How long a call is made again, in milliseconds, where the service has answered this process before. @default 60000 */
  readonly patienceMs?: number;
  /** Objects of more bytes are sent and read in parts of so many, at least 5 MiB. @default 16777216 */
  readonly partBytes?: number;
  /** How many parts are on their way at once, of all large objects together. @default 4 */
  readonly parallelParts?: number;
}

/** Options of `s3Store`. */
export interface S3Options extends S3Access {
  readonly bucket: string;
  /** What keys begin with in the bucket, without `/` at its ends. @default '' */
  readonly prefix?: string;
}

/** Options with every default filled in. */
export interface S3Settings extends Required<Omit<S3Options, 'endpoint' | 'publicEndpoint' | 'sessionToken'>> {
  readonly endpoint: URL;
  readonly publicEndpoint: URL;
  readonly sessionToken: string | undefined;
}

/** Checks options and fills in defaults. @throws InputError naming every field that is wrong */
export function s3Settings(options: S3Options): S3Settings {
  const { region = 'us-east-1', pathStyle = true, prefix = '', sessionToken } = options;
  const { deadlineMs = 60_000, attempts = 4, patienceMs = 60_000, partBytes = 16 * MIB, parallelParts = 4 } = options;
  const endpoint = address(options.endpoint);
  const publicEndpoint = address(options.publicEndpoint ?? options.endpoint);
  const wrong = [
    endpoint !== undefined ? '' : 'endpoint (https://host or http://host:port)',
    publicEndpoint !== undefined || endpoint === undefined ? '' : 'publicEndpoint (https://host or http://host:port)',
    isText(options.accessKey) ? '' : 'accessKey (text)',
    isText(options.secretKey) ? '' : 'secretKey (text)',
    isText(region) ? '' : 'region (text)',
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(options.bucket) ? '' : 'bucket (3 to 63 of a-z 0-9 . -)',
    /^([A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*)?$/.test(prefix) ? '' : 'prefix (A-Z a-z 0-9 . _ - in parts separated by /)',
    isInteger(deadlineMs, 1) ? '' : 'deadlineMs (an integer above 0)',
    isInteger(attempts, 1) ? '' : 'attempts (an integer above 0)',
    isInteger(patienceMs, 0) ? '' : 'patienceMs (an integer of at least 0)',
    isInteger(partBytes, 5 * MIB) ? '' : 'partBytes (an integer of at least 5242880)',
    isInteger(parallelParts, 1) ? '' : 'parallelParts (an integer above 0)',
  ].filter((field) => field !== '');
  if (wrong.length > 0 || endpoint === undefined || publicEndpoint === undefined)
    // The values are not shown: one of them is a secret.
    throw new InputError({ field: 's3', problem: 'missing or wrong', accepted: wrong.join('; ') });
  const { accessKey, secretKey, bucket } = options;
  return {
    ...{ endpoint, publicEndpoint, accessKey, secretKey, sessionToken, region, pathStyle, bucket, prefix },
    ...{ deadlineMs, attempts, patienceMs, partBytes, parallelParts },
  };
}

function address(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/' ? url : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isInteger(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

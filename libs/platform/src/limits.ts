import { INPUT_LIMITS, type InputLimits } from '@fathom/analyses';
import { InputError } from '@fathom/errors';
import { COUNT_LIMITS, LEAST_COUNTS, type CountLimits } from './count-limits.js';

/** How large what comes from outside may be. */
export interface Limits extends InputLimits, CountLimits {
  /** Bytes of a request or response. @default 4,194,304 */
  readonly messageBytes: number;
  /** Calls at once on one connection; more wait at the client. @default 256 */
  readonly callsPerConnection: number;
  /** Characters of a text in a request. @default 4,096 */
  readonly textLength: number;
  /** Entries of a list in a request. @default 100,000 */
  readonly listLength: number;
  /** Files of an upload. @default 1,000 */
  readonly uploadFiles: number;
  /** Bytes of a file of an upload. @default 5,368,709,120, what S3 takes in one PUT */
  readonly uploadFileBytes: number;
  /** Bytes of an upload. @default 68,719,476,736 */
  readonly uploadBytes: number;
  /** Uploads of a tenant at once. @default 100 */
  readonly uploads: number;
  /** Bytes of all uploads of a tenant. @default 274,877,906,944 */
  readonly allUploadsBytes: number;
  /** Seconds that an upload is kept after it was last asked for. @default 86,400 */
  readonly uploadSeconds: number;
}

/** The defaults of {@link Limits}. */
export const LIMITS: Limits = {
  ...INPUT_LIMITS,
  ...COUNT_LIMITS,
  messageBytes: 4 * 2 ** 20,
  callsPerConnection: 256,
  textLength: 4_096,
  listLength: 100_000,
  uploadFiles: 1_000,
  uploadFileBytes: 5 * 2 ** 30,
  uploadBytes: 2 ** 36,
  uploads: 100,
  allUploadsBytes: 2 ** 38,
  uploadSeconds: 86_400,
};

/** What a setting can be at most where memory, a format or an algorithm ends before 2^53. */
const MOST: Partial<Record<keyof Limits, number>> = {
  ...COUNT_LIMITS,
  codeAtoms: INPUT_LIMITS.codeAtoms,
  uploadFileBytes: 5 * 2 ** 30,
  messageBytes: 2 ** 30,
  callsPerConnection: 2 ** 20,
  modelBytes: 2 ** 31 - 1,
  imagePixels: 2 ** 30,
  unpackedBytes: 2 ** 32,
  imageFileBytes: 2 ** 31 - 1,
  uploadFiles: 2_500,
  uploads: 10_000,
  uploadSeconds: 31_536_000,
  modelSeconds: 86_400,
};

const LEAST: Partial<Record<keyof Limits, number>> = { ...LEAST_COUNTS, messageBytes: 1024, modelMemoryBytes: 2 ** 28 };

/** Reads the setting `limits`: whole numbers by the names of {@link Limits}; what is not given has its default. */
export function limitSettings(value: unknown = {}): Limits {
  const accepted = `an object with ${Object.keys(LIMITS).join(', ')}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError({ field: 'limits', problem: 'is no object', value, accepted });
  for (const [name, limit] of Object.entries(value)) {
    if (!Object.hasOwn(LIMITS, name)) throw new InputError({ field: `limits.${name}`, problem: 'is no setting', value: limit, accepted });
    const [least, most] = [LEAST[name as keyof Limits] ?? 1, MOST[name as keyof Limits] ?? Number.MAX_SAFE_INTEGER];
    if (!Number.isSafeInteger(limit) || limit < least || limit > most)
      throw new InputError({
        field: `limits.${name}`,
        problem: 'is out of range',
        value: limit,
        accepted: `a whole number from ${least} to ${most}`,
      });
  }
  return { ...LIMITS, ...value };
}

import type { Json } from '@fathom/tensors';
import { FathomError, type Reason } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';

/** Where an operation stands. */
export type OperationState = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'INTERRUPTED';

/** How far an operation is; see fathom.operations.v1.Progress. */
export interface OperationProgress {
  readonly stage: string;
  readonly partsDone: number;
  readonly partsTotal: number;
  readonly partsReused: number;
  readonly partsPerSecond: number;
  readonly secondsLeft: number;
}

/** What is known of a failure; what a FathomError says, without its stack. */
export interface OperationFailure {
  readonly reason: Reason;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** One operation as it is kept in the store. */
export interface OperationRecord {
  /** SHA-256 of the canonical request, 64 hexadecimal digits; the operation's name without its prefix. */
  readonly digest: string;
  readonly job: string;
  /** The canonical request. */
  readonly request: Json;
  readonly state: OperationState;
  readonly progress: OperationProgress;
  readonly failure: OperationFailure | null;
  /** Content digest of the result, once SUCCEEDED. */
  readonly result: string | null;
  readonly sequence: number;
}

/** Progress of an operation that has just begun. */
export const NO_PROGRESS: OperationProgress = {
  stage: 'queued',
  partsDone: 0,
  partsTotal: 0,
  partsReused: 0,
  partsPerSecond: 0,
  secondsLeft: -1,
};

/** Whether nothing more will happen to an operation in this state. */
export function hasEnded(state: OperationState): boolean {
  return state !== 'RUNNING';
}

/** A run that was cut off may have shown more changes than the store knows of, though hardly as many as this. */
const CHANGES_OF_A_RUN = 2 ** 16;

/** A sequence number above all that a run has shown that was cut off after `sequence` was written. */
export function afterInterruption(sequence: number): number {
  return (Math.floor(sequence / CHANGES_OF_A_RUN) + 1) * CHANGES_OF_A_RUN - 1;
}

const PREFIX = 'operations/';
const DIGEST = /^[0-9a-f]{64}$/;

/** The name that clients use. */
export function operationName(digest: string): string {
  return PREFIX + digest;
}

/** The digest in an operation's name; an InputError-like NOT_FOUND where it is no such name. */
export function digestOfName(name: string): string {
  const digest = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
  if (!DIGEST.test(digest))
    throw new FathomError('NOT_FOUND', `no operation is named "${name}"; names are "operations/" and 64 hexadecimal digits`, { metadata: { name } });
  return digest;
}

/** Keeps operation records in an object store, one object each, replaced as a whole. */
export class OperationRecords {
  constructor(private readonly store: ObjectStore) {}

  /** The record, or undefined where there is none. */
  async read(digest: string): Promise<OperationRecord | undefined> {
    const key = PREFIX + digest;
    if ((await this.store.head(key)) === undefined) return undefined;
    const text = new TextDecoder().decode(await this.store.get(key));
    try {
      return JSON.parse(text) as OperationRecord;
    } catch (cause) {
      throw new FathomError('CORRUPT_DATA', `the record of operation ${digest} is not readable JSON`, { cause, metadata: { key } });
    }
  }

  /** Replaces the record. */
  async write(record: OperationRecord): Promise<void> {
    await this.store.put(PREFIX + record.digest, new TextEncoder().encode(JSON.stringify(record)));
  }

  /** Digests of all operations that come after `after`, in order. Objects of other names are none of them. */
  async *digestsAfter(after: string): AsyncIterable<string> {
    for await (const { key } of this.store.list(PREFIX)) {
      const digest = key.slice(PREFIX.length);
      if (digest > after && DIGEST.test(digest)) yield digest;
    }
  }
}

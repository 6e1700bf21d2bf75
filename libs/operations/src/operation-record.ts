import { Recent, type RecentOptions } from '@fathom/artifacts';
import type { Json } from '@fathom/tensors';
import { FathomError, type Reason } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import { EpochObjects, type Newest } from './epoch-objects.js';

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

/** One operation as it is kept in the store: what everybody may know of it, and the lease of the one who works on it. */
export interface OperationRecord {
  /** SHA-256 of the canonical request, 64 hexadecimal digits; the operation's name without its prefix. */
  readonly digest: string;
  readonly job: string;
  /** The canonical request. */
  readonly request: Json;
  /** Who asked first; '' where there are no tenants. */
  readonly tenant: string;
  readonly state: OperationState;
  readonly progress: OperationProgress;
  readonly failure: OperationFailure | null;
  /** Content digest of the result, once SUCCEEDED. */
  readonly result: string | null;
  /** Grows with every change: the epoch in the upper 16 bits, the changes of the epoch in the lower. */
  readonly sequence: number;
  /** How often the operation was begun or taken over, from 1: the fencing token. */
  readonly epoch: number;
  /** Name of the process that holds the epoch. */
  readonly holder: string;
  /** For how long, in milliseconds of a reader's clock, `beat` may stand still before the holder counts as dead. */
  readonly leaseMs: number;
  /** Grows every time that the holder writes. */
  readonly beat: number;
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

const CHANGES_OF_AN_EPOCH = 2 ** 16;
const MOST_EPOCHS = 2 ** 16 - 1;

/** The first sequence number of an epoch, which is above all of the epochs before. @throws FathomError RESOURCE_EXHAUSTED where there is none */
export function firstSequence(epoch: number): number {
  if (epoch > MOST_EPOCHS)
    throw new FathomError(
      'RESOURCE_EXHAUSTED',
      `the operation was begun ${MOST_EPOCHS} times, which is the limit; change its request, or remove its record from the store`,
    );
  return epoch * CHANGES_OF_AN_EPOCH;
}

/** Whether the epoch of a sequence number has room for more changes beside its end. */
export function hasRoomForChange(sequence: number): boolean {
  return sequence % CHANGES_OF_AN_EPOCH < CHANGES_OF_AN_EPOCH - 2;
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

/** A record, and whether somebody asked its holder to stop. */
export interface SeenRecord {
  readonly record: OperationRecord;
  readonly stopAsked: boolean;
}

/** Keeps operation records in an object store, in one object for each epoch, of which the newest counts. */
export class OperationRecords {
  private readonly objects: EpochObjects;
  /** Those that have succeeded: they stay as they are, unless their result is removed and somebody asks for it again. */
  private readonly succeeded: Recent<SeenRecord | undefined>;

  /** @param recent how much of what has succeeded is kept in memory */
  constructor(store: ObjectStore, recent?: RecentOptions) {
    this.objects = new EpochObjects(store, PREFIX);
    this.succeeded = new Recent((seen) => (seen?.record.state === 'SUCCEEDED' ? JSON.stringify(seen.record).length : undefined), recent);
  }

  /** The record as its newest holder wrote it, or, of one that has succeeded, a few seconds ago had written it; undefined where there is none. */
  read(digest: string, signal?: AbortSignal): Promise<SeenRecord | undefined> {
    return this.succeeded.get(digest, () => this.readNow(digest, signal));
  }

  private async readNow(digest: string, signal?: AbortSignal): Promise<SeenRecord | undefined> {
    const found = await this.objects.read(digest, signal);
    if (found === undefined) return undefined;
    try {
      return { record: JSON.parse(new TextDecoder().decode(found.bytes)) as OperationRecord, stopAsked: found.stopAsked };
    } catch (cause) {
      throw new FathomError('CORRUPT_DATA', `the record of operation ${digest} is not readable JSON`, { cause, metadata: { digest } });
    }
  }

  /** The newest epoch, and whether its holder is asked to stop. */
  async newest(digest: string, signal?: AbortSignal): Promise<Newest | undefined> {
    return this.objects.newest(digest, signal);
  }

  /** Makes the record's epoch its holder's own; of all who try, exactly one is told true. */
  async claim(record: OperationRecord): Promise<boolean> {
    return this.objects.claim(record.digest, record.epoch, bytesOf(record)).finally(() => this.succeeded.drop(record.digest));
  }

  /** Replaces the record of an epoch that is one's own. */
  async write(record: OperationRecord, signal?: AbortSignal): Promise<void> {
    await this.objects.write(record.digest, record.epoch, bytesOf(record), signal);
  }

  /** Asks the holder of a record to stop. */
  async askToStop({ digest, epoch }: OperationRecord): Promise<void> {
    await this.objects.askToStop(digest, epoch);
  }

  /** Removes a record that has a successor. */
  async remove({ digest, epoch }: OperationRecord): Promise<void> {
    await this.objects.remove(digest, epoch);
  }

  /** Digests of all operations that come after `after`, in order. Objects of other names are none of them. */
  digestsAfter(after: string, signal?: AbortSignal): AsyncIterable<string> {
    return this.objects.digestsAfter(after, signal);
  }
}

function bytesOf(record: OperationRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

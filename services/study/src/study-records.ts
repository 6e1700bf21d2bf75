import { operations, study } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import { EpochObjects } from '@fathom/operations';
import type { ObjectStore } from '@fathom/store';

const PREFIX = 'studies/';
const DIGEST = /^[0-9a-f]{64}$/;

/** What is kept of a study: its spec, and the operation of every finished step. */
export interface StudyRecord {
  readonly spec: study.StudySpec;
  readonly steps: ReadonlyMap<string, operations.Operation>;
}

/** The name of the study with that request digest. */
export function studyName(digest: string): string {
  return PREFIX + digest;
}

/** The request digest in a study's name. */
export function digestOfStudy(name: string): string {
  const digest = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
  if (!DIGEST.test(digest))
    throw new FathomError('NOT_FOUND', `no study is named "${name}"; names are "studies/" and 64 hexadecimal digits`, { metadata: { name } });
  return digest;
}

/** What is thrown where there is no study of a good name. */
export function noSuchStudy(name: string): FathomError {
  return new FathomError('NOT_FOUND', `no study is named "${name}"`, { metadata: { name } });
}

/**
 * Keeps study records in an object store, one object for each epoch of the study's operation, of which the newest counts: what a process
 * writes that has lost the operation to another is seen by nobody.
 */
export class StudyRecords {
  private readonly objects: EpochObjects;

  constructor(store: ObjectStore) {
    this.objects = new EpochObjects(store, PREFIX);
  }

  /** The record; undefined where there is none. */
  async read(digest: string): Promise<StudyRecord | undefined> {
    const found = await this.objects.read(digest);
    if (found === undefined) return undefined;
    const kept = parse(PREFIX + digest, found.bytes);
    const steps = Object.entries(kept.steps).map(([name, operation]) => [name, operations.Operation.fromJSON(operation)] as const);
    return { spec: study.StudySpec.fromJSON(kept.spec), steps: new Map(steps) };
  }

  /** Begins the record of an epoch, in place of those before. */
  async begin(digest: string, epoch: number, record: StudyRecord): Promise<void> {
    await this.objects.claim(digest, epoch, bytesOf(record));
  }

  /** Replaces the record of an epoch. */
  async write(digest: string, epoch: number, record: StudyRecord): Promise<void> {
    await this.objects.write(digest, epoch, bytesOf(record));
  }

  /** Digests of all studies after `after`, in order. Objects of other names are none of them. */
  digestsAfter(after: string): AsyncIterable<string> {
    return this.objects.digestsAfter(after);
  }
}

function bytesOf({ spec, steps }: StudyRecord): Uint8Array {
  const sorted = [...steps].sort(([a], [b]) => (a < b ? -1 : 1));
  const json = {
    spec: study.StudySpec.toJSON(spec),
    steps: Object.fromEntries(sorted.map(([name, operation]) => [name, operations.Operation.toJSON(operation)])),
  };
  return new TextEncoder().encode(JSON.stringify(json));
}

function parse(key: string, bytes: Uint8Array): { spec: unknown; steps: Record<string, unknown> } {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as { spec: unknown; steps: Record<string, unknown> };
  } catch (cause) {
    throw new FathomError('CORRUPT_DATA', `the record of a study is not readable JSON: ${key}`, { cause, metadata: { key } });
  }
}

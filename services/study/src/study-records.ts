import { operations, study } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
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

/** Keeps study records in an object store, one object each. */
export class StudyRecords {
  constructor(private readonly store: ObjectStore) {}

  /** The record. NOT_FOUND where there is none. */
  async read(digest: string): Promise<StudyRecord> {
    if ((await this.store.head(PREFIX + digest)) === undefined)
      throw new FathomError('NOT_FOUND', `no study is named "${studyName(digest)}"`, { metadata: { name: studyName(digest) } });
    const kept = parse(PREFIX + digest, await this.store.get(PREFIX + digest));
    const steps = Object.entries(kept.steps).map(([name, operation]) => [name, operations.Operation.fromJSON(operation)] as const);
    return { spec: study.StudySpec.fromJSON(kept.spec), steps: new Map(steps) };
  }

  /** Replaces the record. */
  async write(digest: string, { spec, steps }: StudyRecord): Promise<void> {
    const sorted = [...steps].sort(([a], [b]) => (a < b ? -1 : 1));
    const json = {
      spec: study.StudySpec.toJSON(spec),
      steps: Object.fromEntries(sorted.map(([name, operation]) => [name, operations.Operation.toJSON(operation)])),
    };
    await this.store.put(PREFIX + digest, new TextEncoder().encode(JSON.stringify(json)));
  }

  /** Digests of all studies after `after`, in order. Objects of other names are none of them. */
  async *digestsAfter(after: string): AsyncIterable<string> {
    for await (const { key } of this.store.list(PREFIX)) {
      const digest = key.slice(PREFIX.length);
      if (digest > after && DIGEST.test(digest)) yield digest;
    }
  }
}

function parse(key: string, bytes: Uint8Array): { spec: unknown; steps: Record<string, unknown> } {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as { spec: unknown; steps: Record<string, unknown> };
  } catch (cause) {
    throw new FathomError('CORRUPT_DATA', `the record of a study is not readable JSON: ${key}`, { cause, metadata: { key } });
  }
}

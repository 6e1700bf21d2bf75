import { FathomError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import { encodeDocument, readOptional } from './documents.js';
import { GC_SWEEP } from './gc-announcement.js';
import { markNeeded } from './gc-mark.js';

/** What is looked through, in the order of removal: what names others before what it names. */
const FOLDERS = ['results/', 'artifacts/', 'parts/', 'uploads/', 'blobs/'] as const;
/** Since when objects are known to be needed by nothing. */
const NOTES = 'gc/unneeded';

/** How {@link collectGarbage} goes about it. */
export interface GarbageOptions {
  /** Only look. @default false */
  readonly dryRun?: boolean;
  /** Content digests to be kept, with all that they are made of. @default [] */
  readonly keep?: readonly string[];
  /** How long, in milliseconds, something must have been needed by nothing, as runs of this function saw it. */
  readonly graceMs: number;
  /** How long, in milliseconds, everybody has to hear of a removal: longer than a writer takes from a blob to the record that names it. */
  readonly settleMs: number;
  /** Begin although another seems to be at work, which was broken off. @default false */
  readonly takeOver?: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/** Objects of one folder of the store. */
export type GarbageByFolder = Readonly<Record<(typeof FOLDERS)[number], { readonly objects: number; readonly bytes: number }>>;

/** What was found. */
export interface Garbage {
  /** Needed by nothing for the whole time of grace: removed, or to be removed where it was only looked. */
  readonly removed: GarbageByFolder;
  /** Needed by nothing, but not for so long. */
  readonly waiting: GarbageByFolder;
  /** Keys that were removed in the moment in which something began to need them. */
  readonly lost: readonly string[];
}

/**
 * Removes what no study, no operation that has not ended and nothing in `keep` needs, and what has not been needed since an earlier run,
 * `graceMs` ago or more. Other processes may work with the store meanwhile.
 * @throws FathomError CORRUPT_DATA where something needed cannot be read, STORE_UNAVAILABLE where another is at work; nothing is removed then
 */
export async function collectGarbage(objects: ObjectStore, options: GarbageOptions): Promise<Garbage> {
  const { dryRun = false, keep = [], graceMs, settleMs, takeOver = false, now, pause } = options;
  const noted = (await readOptional(objects, NOTES)) ?? {};
  const before = await markNeeded(objects, keep, now());
  const sizes = await unneeded(objects, before);
  const since = new Map([...sizes.keys()].map((key) => [key, typeof noted[key] === 'number' ? noted[key] : now()]));
  const due = [...sizes.keys()].filter((key) => now() - since.get(key)! >= graceMs);
  const report = (keys: readonly string[], lost: readonly string[] = []): Garbage => {
    const removed = new Set(keys);
    return {
      removed: count(keys, sizes),
      waiting: count(
        [...sizes.keys()].filter((key) => !removed.has(key)),
        sizes,
      ),
      lost,
    };
  };
  if (dryRun) return report(due);
  const removed =
    due.length === 0
      ? []
      : await announced(objects, due, takeOver, async () => {
          await pause(settleMs);
          const needed = await markNeeded(objects, keep, now());
          const gone = due.filter((key) => !needed.has(key));
          for (const key of gone) await objects.delete(key);
          return gone;
        });
  const gone = new Set(removed);
  await objects.put(NOTES, encodeDocument(Object.fromEntries([...since].filter(([key]) => !gone.has(key)))));
  const after = gone.size === 0 ? gone : await markNeeded(objects, keep, now());
  return report(
    removed,
    await missing(
      objects,
      removed.filter((key) => after.has(key)),
    ),
  );
}

/** Objects that nothing needs, with their sizes, in the order of removal. */
async function unneeded(objects: ObjectStore, needed: ReadonlySet<string>): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const folder of FOLDERS) for await (const { key, size } of objects.list(folder)) if (!needed.has(key)) found.set(key, size);
  return found;
}

/** Does something while a list of what will be removed stands in the store. */
async function announced<T>(objects: ObjectStore, keys: readonly string[], takeOver: boolean, work: () => Promise<T>): Promise<T> {
  const list = encodeDocument({ keys });
  if ((await objects.put(GC_SWEEP, list, { ifAbsent: !takeOver })) === 'present')
    throw new FathomError(
      'STORE_UNAVAILABLE',
      `garbage is being removed from ${objects.name}; if nobody does, an earlier removal was broken off: use --take-over`,
      {
        metadata: { store: objects.name },
      },
    );
  try {
    return await work();
  } finally {
    await objects.delete(GC_SWEEP);
  }
}

async function missing(objects: ObjectStore, keys: readonly string[]): Promise<string[]> {
  const gone: string[] = [];
  for (const key of keys) if ((await objects.head(key)) === undefined) gone.push(key);
  return gone;
}

function count(keys: readonly string[], sizes: ReadonlyMap<string, number>): GarbageByFolder {
  const of = (folder: string) => {
    const here = keys.filter((key) => key.startsWith(folder));
    return { objects: here.length, bytes: here.reduce((sum, key) => sum + (sizes.get(key) ?? 0), 0) };
  };
  return Object.fromEntries(FOLDERS.map((folder) => [folder, of(folder)])) as GarbageByFolder;
}

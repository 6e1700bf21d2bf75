import { setTimeout as pause } from 'node:timers/promises';
import { FathomError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';

/** Keys that are about to be removed, while they are. */
export const GC_SWEEP = 'gc/sweep';

/** How often, and how many times, it is looked whether a removal is over. */
const LOOKS = { everyMs: 500, most: 240 };

/**
 * Waits until an object that is there, and that somebody is going to name, is not about to be removed as garbage. Afterwards it may have
 * gone.
 * @returns whether there was anything to wait for
 * @throws FathomError STORE_UNAVAILABLE where it does not end
 */
export async function removalOf(objects: ObjectStore, key: string, { everyMs, most } = LOOKS): Promise<boolean> {
  for (let look = 0; ; look++) {
    if (!(await announcedKeys(objects)).includes(key)) return look > 0;
    if (look === most)
      throw new FathomError(
        'STORE_UNAVAILABLE',
        `${key} is about to be removed from ${objects.name} as garbage, which does not end; run fathom artifacts gc --take-over`,
        {
          metadata: { store: objects.name, key },
        },
      );
    await pause(everyMs);
  }
}

async function announcedKeys(objects: ObjectStore): Promise<readonly string[]> {
  try {
    return (JSON.parse(new TextDecoder().decode(await objects.get(GC_SWEEP))) as { keys: string[] }).keys;
  } catch (thrown) {
    if (thrown instanceof FathomError && thrown.reason === 'NOT_FOUND') return [];
    throw thrown;
  }
}

import { FathomError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';

/** What is there under a digest. */
export interface Newest {
  /** The newest epoch. */
  readonly epoch: number;
  /** Whether somebody asked the holder of that epoch to stop. */
  readonly stopAsked: boolean;
}

const DIGEST = /^[0-9a-f]{64}$/;
const EPOCH = /^[0-9]{8}$/;
const STOP = '.stop';

/** Successors come one after another, so a few more looks find an object that stays for a while. */
const MOST_LOOKS = 10;

/**
 * Objects `<prefix><digest>/<epoch>`, the epoch in eight decimal digits, of which only that of the newest epoch counts. An epoch belongs
 * to the one who claimed it, who alone writes its object: what a former holder writes lies under a lower epoch, so nobody sees it.
 */
export class EpochObjects {
  /** @param prefix ends with "/" */
  constructor(
    private readonly store: ObjectStore,
    private readonly prefix: string,
  ) {}

  /** The newest epoch of a digest; undefined where there is none. */
  async newest(digest: string, signal?: AbortSignal): Promise<Newest | undefined> {
    const names = await this.names(digest, signal);
    const newest = names.findLast((name) => EPOCH.test(name));
    return newest === undefined ? undefined : { epoch: Number(newest), stopAsked: names.includes(newest + STOP) };
  }

  /** The newest epoch with its bytes; undefined where there is none. */
  async read(digest: string, signal?: AbortSignal): Promise<(Newest & { readonly bytes: Uint8Array }) | undefined> {
    for (let look = 1; ; look++) {
      const newest = await this.newest(digest, signal);
      if (newest === undefined) return undefined;
      try {
        return { ...newest, bytes: await this.store.get(this.key(digest, newest.epoch), { signal }) };
      } catch (error) {
        // A successor has claimed the next epoch meanwhile, and removed this one.
        if (look === MOST_LOOKS || FathomError.from(error).reason !== 'NOT_FOUND') throw error;
      }
    }
  }

  /**
   * Makes an epoch one's own, and removes those before it. Of all who try, exactly one is told true.
   * Where the store fails, the epoch may have been claimed all the same.
   */
  async claim(digest: string, epoch: number, bytes: Uint8Array): Promise<boolean> {
    if ((await this.store.put(this.key(digest, epoch), bytes, { ifAbsent: true })) === 'present') return false;
    const names = await this.names(digest);
    const own = nameOf(epoch);
    if (names.some((name) => EPOCH.test(name) && name > own)) {
      // Slow claimers find the place free once more after a successor of its holder has removed it.
      await this.remove(digest, epoch);
      return false;
    }
    for (const name of names) if (name < own) await this.store.delete(`${this.prefix}${digest}/${name}`).catch(() => undefined); // or the next successor does
    return true;
  }

  /** Replaces the object of an epoch that is one's own. */
  async write(digest: string, epoch: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.store.put(this.key(digest, epoch), bytes, { signal });
  }

  /** Asks whoever holds an epoch to stop. */
  async askToStop(digest: string, epoch: number): Promise<void> {
    await this.store.put(this.key(digest, epoch) + STOP, new Uint8Array(0));
  }

  /** Removes what one has written under an epoch that is no longer the newest. */
  async remove(digest: string, epoch: number): Promise<void> {
    await this.store.delete(this.key(digest, epoch));
  }

  /** Digests that have an epoch and come after `after`, in order. */
  async *digestsAfter(after: string, signal?: AbortSignal): AsyncIterable<string> {
    let last = '';
    const startAfter = after === '' ? '' : `${this.prefix}${after}0`; // "0" is the character after "/"
    for await (const { key } of this.store.list(this.prefix, { startAfter, signal })) {
      const [digest = '', epoch = ''] = key.slice(this.prefix.length).split('/');
      if (digest === last || !DIGEST.test(digest) || !EPOCH.test(epoch)) continue;
      last = digest;
      yield digest;
    }
  }

  /** Names below a digest, in order. */
  private async names(digest: string, signal?: AbortSignal): Promise<string[]> {
    const folder = `${this.prefix}${digest}/`;
    const names: string[] = [];
    for await (const { key } of this.store.list(folder, { signal })) names.push(key.slice(folder.length));
    return names;
  }

  private key(digest: string, epoch: number): string {
    return `${this.prefix}${digest}/${nameOf(epoch)}`;
  }
}

function nameOf(epoch: number): string {
  return String(epoch).padStart(8, '0');
}

import { InputError } from '@fathom/errors';

/**
 * A statistic over rows that is a sum: blocks of rows are put in, and two statistics over different rows are added up.
 * The sums over rows of the measures stand behind this interface; those of NMF, which reads its rows in order sweep by sweep, do not.
 */
export interface RowStatistic<Block> {
  /** Takes in one block of rows. */
  update(block: Block): void;
  /** Adds what another one took in; the other stays as it is. */
  merge(other: this): void;
}

/**
 * Adds up the statistics of shards. A shard may arrive in any order, and twice: it counts once, and the merged bits
 * are always the same, because shards are merged in index order. Only shards that arrive before an earlier one are held.
 */
export class ByShard<S extends { merge(other: S): void }> {
  private readonly waiting = new Map<number, S>();
  private next = 0;

  /**
   * @param shards how many shards there are, at least 1
   * @param total a statistic that took in nothing yet; the shards are merged into it
   * @throws InputError when there are none
   */
  constructor(
    readonly shards: number,
    private readonly total: S,
  ) {
    if (!Number.isInteger(shards) || shards < 1)
      throw new InputError({ field: 'shards', problem: 'not a count', value: shards, accepted: 'an integer of at least 1' });
  }

  /**
   * @param index which shard, 0..shards−1
   * @param statistic over the rows of that shard, all of them; kept until the shards before it are there
   * @returns whether it was counted: false when this shard was there before
   * @throws InputError when there is no such shard
   */
  add(index: number, statistic: S): boolean {
    if (!Number.isInteger(index) || index < 0 || index >= this.shards) {
      throw new InputError({ field: 'shard', problem: 'no such shard', value: index, accepted: `an integer from 0 to ${this.shards - 1}` });
    }
    if (index < this.next || this.waiting.has(index)) return false;
    this.waiting.set(index, statistic);
    for (let ready = this.waiting.get(this.next); ready !== undefined; ready = this.waiting.get(this.next)) {
      this.total.merge(ready);
      this.waiting.delete(this.next);
      this.next += 1;
    }
    return true;
  }

  /** The shards that did not arrive yet, in order. */
  missing(): number[] {
    return Array.from({ length: this.shards - this.next }, (_, offset) => this.next + offset).filter((index) => !this.waiting.has(index));
  }

  /**
   * The statistic over all shards.
   * @throws InputError when some are missing
   */
  result(): S {
    const missing = this.missing();
    if (missing.length > 0)
      throw new InputError({ field: 'shards', problem: 'some are missing', value: missing, accepted: `all ${this.shards} shards` });
    return this.total;
  }
}

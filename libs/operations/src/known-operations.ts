import type { Lease } from './lease.js';
import type { LiveOperation } from './live-operation.js';
import { hasEnded, type OperationRecord, type OperationRecords, type SeenRecord } from './operation-record.js';

/** What one process knows of operations: those that run here or are followed, and ends that the store has not taken yet. */
export class KnownOperations {
  private readonly live = new Map<string, LiveOperation>();
  private readonly notKept = new Map<string, OperationRecord>();

  constructor(private readonly records: OperationRecords) {}

  /** The operation that runs here, or is followed, and has not ended. */
  current(digest: string): LiveOperation | undefined {
    const live = this.live.get(digest);
    return live && !hasEnded(live.record.state) ? live : undefined;
  }

  /** The operation that runs here. */
  held(digest: string): (LiveOperation & { readonly lease: Lease }) | undefined {
    const live = this.live.get(digest);
    return live && isHeld(live) ? live : undefined;
  }

  /** All that run here. */
  get allHeld(): (LiveOperation & { readonly lease: Lease })[] {
    return [...this.live.values()].filter(isHeld);
  }

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.live.size === 0 && this.notKept.size === 0;
  }

  add(live: LiveOperation): void {
    this.live.set(live.record.digest, live);
  }

  forget(live: LiveOperation): void {
    if (this.live.get(live.record.digest) === live) this.live.delete(live.record.digest);
  }

  /** The record that this process knows better than the store. */
  here(digest: string): OperationRecord | undefined {
    return this.held(digest)?.record ?? this.notKept.get(digest);
  }

  /** The newest record, of those that the store has and those that it has not taken yet. */
  async latest(digest: string): Promise<Partial<SeenRecord> | undefined> {
    const seen = await this.records.read(digest);
    const record = this.notKept.get(digest);
    return record && record.epoch >= (seen?.record.epoch ?? 0) ? { record } : seen;
  }

  /** Has an end that the store did not take. */
  keep(record: OperationRecord): void {
    this.notKept.set(record.digest, record);
  }

  /** Whether that end is still not in the store, and no later epoch is known. */
  keeps(record: OperationRecord): boolean {
    return this.notKept.get(record.digest) === record;
  }

  /** The store has the end, or a later epoch of it. */
  letGo(digest: string): void {
    this.notKept.delete(digest);
  }
}

function isHeld(live: LiveOperation): live is LiveOperation & { lease: Lease } {
  return live.lease !== undefined;
}

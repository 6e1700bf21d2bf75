import { FathomError } from '@fathom/errors';
import { follow } from './follow.js';
import type { HeldOperations } from './held-operations.js';
import { LiveOperation } from './live-operation.js';
import { digestOfName, firstSequence, hasEnded, type OperationRecord, type SeenRecord } from './operation-record.js';
import type { RunnerParts } from './runner-options.js';
import type { Startable } from './startable.js';

/** Follows operations that other processes run, and takes over what a dead one has left. */
export class FollowedOperations {
  /** Operations of dead holders that this process claims now. */
  private readonly takingOver = new Map<string, Promise<void>>();

  constructor(
    private readonly parts: RunnerParts,
    private readonly held: HeldOperations,
    /** Whether somebody here starts the operation just now, and will find that its holder is dead. */
    private readonly isStarting: (digest: string) => boolean,
  ) {}

  /** The operation as the store has it, followed from now on where another process runs it. NOT_FOUND where there is none of that name. */
  async find(name: string, signal?: AbortSignal): Promise<LiveOperation> {
    const { options, records, known } = this.parts;
    const digest = digestOfName(name);
    const record = known.here(digest) ?? (await records.read(digest, signal))?.record;
    if (record === undefined || options.owns?.(record.job) === false)
      throw new FathomError('NOT_FOUND', `no operation is named "${name}"`, { metadata: { name } });
    return this.followed(record);
  }

  /** The operation of a record that another process wrote, followed from now on. */
  followed(record: OperationRecord): LiveOperation {
    const known = this.parts.known.current(record.digest);
    known?.show(record);
    if (known) return known;
    const live = new LiveOperation(record);
    if (hasEnded(record.state)) return live;
    this.parts.known.add(live);
    this.follow(live);
    return live;
  }

  /** Follows an operation that does not run here, until it has ended or goes on here. */
  follow(live: LiveOperation): void {
    const { records, clock, closing, holder, known } = this.parts;
    const isDead = (record: OperationRecord): boolean => record.holder === holder; // this process, which does not run it
    const takeOver = (seen: SeenRecord): Promise<void> => this.takeOver(live, seen);
    void follow(live, { records, clock, signal: closing, isDead, takeOver }).then(() => {
      if (!live.lease) known.forget(live);
    });
  }

  /** Settles when nobody takes the operation over just now. */
  async takenOver(digest: string): Promise<void> {
    await this.takingOver.get(digest);
  }

  /** Takes the next epoch of an operation whose holder is dead, to go on with it, or to tell that it has stopped. */
  private async takeOver(live: LiveOperation, { record, stopAsked }: SeenRecord): Promise<void> {
    const { options, records, holder } = this.parts;
    const { digest, epoch } = record;
    if (this.isStarting(digest)) return;
    const work = async (): Promise<void> => {
      const startable = stopAsked ? undefined : (live.startable ?? this.resumed(record));
      if (startable) {
        const begun = await this.held.claim(startable, epoch);
        if (begun) options.onTakeOver?.(begun.record, record);
      } else {
        const state = stopAsked ? 'CANCELLED' : 'INTERRUPTED';
        const end: OperationRecord = { ...record, state, epoch: epoch + 1, sequence: firstSequence(epoch + 1), holder };
        if (await records.claim(end)) live.show(end);
      }
    };
    const taking = work().finally(() => this.takingOver.delete(digest));
    this.takingOver.set(
      digest,
      taking.catch(() => undefined),
    );
    await taking;
  }

  /** What another process has left, if this one still knows how to do just that. */
  private resumed(record: OperationRecord): Startable | undefined {
    try {
      const startable = this.parts.options.resume?.(record);
      return startable?.digest === record.digest ? startable : undefined;
    } catch {
      return undefined; // such a request is refused nowadays
    }
  }
}

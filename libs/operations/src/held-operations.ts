import { FathomError } from '@fathom/errors';
import type { Ticket } from './admission.js';
import { Lease, promisedMs, type Stop } from './lease.js';
import { LiveOperation } from './live-operation.js';
import { firstSequence, hasRoomForChange, NO_PROGRESS, type OperationFailure, type OperationRecord } from './operation-record.js';
import type { RunnerParts } from './runner-options.js';
import type { Execution, Startable } from './startable.js';

/** Runs operations in this process, each in an epoch that it has claimed and for as long as its lease lasts. */
export class HeldOperations {
  constructor(
    private readonly parts: RunnerParts,
    /** Called with an operation that may not go on here. */
    private readonly onLost: (live: LiveOperation) => void,
  ) {}

  /** Begins an operation in the epoch after `epoch`, unless another process does. @throws FathomError RESOURCE_EXHAUSTED */
  async claim(startable: Startable, epoch: number): Promise<LiveOperation | undefined> {
    const { options, records, known, clock, leaseMs, holder } = this.parts;
    const { digest, job, request, tenant } = startable;
    const sequence = firstSequence(epoch + 1);
    const ticket = options.places.ticket(startable);
    const record: OperationRecord = {
      ...{ digest, job, request, tenant, state: 'RUNNING', progress: NO_PROGRESS, failure: null, result: null, sequence },
      ...{ epoch: epoch + 1, holder, leaseMs: promisedMs(leaseMs, ticket.waits), beat: 0 },
    };
    const claimedAt = clock.now();
    let isOwn = false;
    try {
      isOwn = await records.claim(record);
    } finally {
      if (!isOwn) ticket.leave();
    }
    if (!isOwn) return undefined;
    known.letGo(digest);
    const live = known.current(digest) ?? new LiveOperation(record);
    live.show(record);
    live.startable = startable;
    live.lease = new Lease({ record, records, clock, leaseMs, claimedAt, isWaiting: ticket.waits, now: () => live.record });
    known.add(live);
    void this.execute(startable, live, live.lease, ticket);
    return live;
  }

  /** Tells everything that runs to stop, and waits until it has. */
  async interrupt(): Promise<void> {
    const leases = this.parts.known.allHeld.map(({ lease }) => lease);
    for (const lease of leases) lease.stop('INTERRUPTED');
    await Promise.all(leases.map(({ settled }) => settled));
  }

  private async execute(startable: Startable, live: LiveOperation, lease: Lease, ticket: Ticket): Promise<void> {
    const { options, known } = this.parts;
    let isEnding = false; // from here on a report would take the sequence number of the end
    const execution: Execution = {
      signal: lease.signal,
      epoch: live.record.epoch,
      report: (progress) => {
        if (!isEnding && hasRoomForChange(live.record.sequence)) live.show(live.changed({ progress: { ...live.record.progress, ...progress } }));
      },
    };
    let thrown: unknown;
    let end: Partial<OperationRecord>;
    try {
      await ticket.turn(lease.signal);
      lease.begin();
      end = { state: 'SUCCEEDED', result: await startable.run(execution) };
    } catch (error) {
      thrown = error;
      end = failureOf(error, lease.stopped);
    } finally {
      ticket.leave();
    }
    isEnding = true;
    const record = live.changed(end);
    const notKept = await lease.end(record).then(
      () => undefined,
      (error: unknown) => error,
    );
    live.lease = undefined;
    if (lease.stopped === 'LOST') {
      options.onLost?.(live.record, lease.loss);
      this.onLost(live);
    } else {
      if (notKept !== undefined) this.keepTrying(lease, record);
      known.forget(live);
      live.show(record);
      options.onEnd?.({ record, thrown, ...(notKept === undefined ? {} : { notKept }) });
    }
    lease.close();
  }

  /** Keeps an end here until the store takes it, or has a later epoch. */
  private keepTrying(lease: Lease, record: OperationRecord): void {
    const { known, clock, leaseMs, closing } = this.parts;
    known.keep(record);
    const attempt = async (): Promise<void> => {
      for (;;) {
        await clock.pause(leaseMs / 4, closing);
        if (!known.keeps(record) || closing.aborted) return;
        await lease.end(record).then(
          () => known.keeps(record) && known.letGo(record.digest),
          () => undefined,
        );
      }
    };
    void attempt();
  }
}

function failureOf(error: unknown, stopped: Stop | undefined): Partial<OperationRecord> {
  const { reason, message, metadata } = FathomError.from(error);
  if (stopped === 'CANCELLED' || stopped === 'INTERRUPTED') return { state: stopped };
  if (reason === 'CANCELLED') return { state: 'CANCELLED' };
  const failure: OperationFailure = { reason, message, metadata };
  return { state: 'FAILED', failure };
}

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readLedger, STORE_SECONDS, WORK_CHANNEL, type OperationRunner, type WorkEnded } from '@fathom/operations';
import { Counter, Gauge, type Registry } from 'prom-client';
import { exposeHistogram } from './shared-histogram.js';

/** What a platform has to do at a moment. */
export interface Load {
  readonly operations: OperationRunner['load'];
  /** Pieces of work that wait for a free thread. */
  readonly parts: number;
}

/** Counts the work of a process: operations, parts, stores and engines, all threads together. Labels are jobs, and words of this code. */
export class WorkMetrics {
  private readonly loads = new Set<() => Load>();
  private readonly ended: Counter;
  private readonly parts: Counter;
  private readonly hits: Counter;
  private readonly busy: Counter;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string, ...labelNames: string[]): Counter => new Counter({ name, help, labelNames, registers });
    this.ended = counter('fathom_operations_total', 'Operations that have ended here.', 'job', 'state');
    this.parts = counter('fathom_parts_total', 'Parts that were computed, found finished, or failed.', 'job', 'outcome');
    this.hits = counter('fathom_cache_hits_total', 'Requests whose result was there already.', 'job');
    this.busy = counter('fathom_worker_busy_seconds_total', 'Seconds that worker threads have worked.', 'job', 'action');
    this.exposeLoad();
    this.exposeLedger();
    subscribe(WORK_CHANNEL, this.onWork);
  }

  /** Asks for the load of a platform whenever somebody looks; until what is returned is called. */
  follow(load: () => Load): () => void {
    this.loads.add(load);
    return () => void this.loads.delete(load);
  }

  /** A request was answered with a result that was there. */
  hit(job: string): void {
    this.hits.inc({ job });
  }

  /** Parts of an operation were found finished. */
  reused(job: string, count: number): void {
    this.parts.inc({ job, outcome: 'reused' }, count);
  }

  operationEnded(job: string, state: string): void {
    this.ended.inc({ job, state: state.toLowerCase() });
  }

  /** Counts nothing more. */
  close(): void {
    unsubscribe(WORK_CHANNEL, this.onWork);
  }

  private readonly onWork = (message: unknown): void => {
    const { job, action, seconds, failure } = message as WorkEnded;
    this.busy.inc({ job, action }, seconds);
    if (action === 'part' && failure !== 'CANCELLED') this.parts.inc({ job, outcome: failure === undefined ? 'computed' : 'failed' });
  };

  private exposeLoad(): void {
    const { loads, registry } = this;
    const operations = (name: string, help: string, waits: boolean): Gauge =>
      new Gauge({
        name,
        help,
        labelNames: ['job'],
        registers: [registry],
        collect() {
          this.reset();
          for (const load of loads) for (const each of load().operations) if (each.waits === waits) this.inc({ job: each.job });
        },
      });
    operations('fathom_operations_running', 'Operations that run here.', false);
    operations('fathom_operations_waiting', 'Operations that wait here for their turn.', true);
    new Gauge({
      name: 'fathom_parts_waiting',
      help: 'Pieces of work of running operations that wait for a free thread.',
      registers: [registry],
      collect() {
        this.set([...loads].reduce((sum, load) => sum + load().parts, 0));
      },
    });
  }

  private exposeLedger(): void {
    const { registry } = this;
    const counter = (name: string, help: string, labelNames: string[], read: () => (readonly [Record<string, string>, number])[]): Counter =>
      new Counter({
        name,
        help,
        labelNames,
        registers: [registry],
        collect() {
          this.reset();
          for (const [labels, value] of read()) this.inc(labels, value);
        },
      });
    counter('fathom_store_bytes_total', 'Bytes read from the store and written to it.', ['direction'], () => {
      const { read, written } = readLedger().storeBytes;
      return [
        [{ direction: 'read' }, read],
        [{ direction: 'written' }, written],
      ];
    });
    counter('fathom_store_calls_total', 'Calls of the store.', ['call', 'outcome'], () =>
      readLedger().storeCalls.map(({ call, outcome, count }) => [{ call, outcome }, count] as const),
    );
    counter('fathom_engine_seconds_total', 'Seconds that engines have worked in all threads.', ['work'], () =>
      Object.entries(readLedger().engineSeconds).map(([work, seconds]) => [{ work }, seconds] as const),
    );
    exposeHistogram(registry, { name: 'fathom_store_seconds', help: 'Seconds of the calls of the store.', bounds: STORE_SECONDS }, () =>
      readLedger().storeTimes.map(({ call, seconds, counts }) => ({ labels: { call }, sum: seconds, counts })),
    );
  }
}

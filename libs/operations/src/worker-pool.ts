import { channel } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Json } from '@fathom/tensors';
import { cancelled, FathomError } from '@fathom/errors';
import type { StoreConfig } from '@fathom/store';
import { unpackError, type JobAnswer, type JobMessage } from './job-message.js';

/** Which threads. */
export interface WorkerPoolOptions {
  /** Worker threads. */
  readonly threads: number;
  /** The threads' script. @default the one that runs jobs */
  readonly file?: string;
}

/** Where the pool tells of each piece of work that has ended: `{ job, action, seconds }` of a thread. For benchmarks and metrics. */
const ENDED = channel('fathom:work');

interface Task {
  readonly message: JobMessage;
  begun: bigint;
  resolve(value: Json): void;
  reject(error: Error): void;
}

/**
 * Threads that run parts of jobs, first come first served, so that the event loop of the server stays free. Work that runs is never
 * refused: how much may wait is bounded by how many operations may run, each with at most one message a thread.
 */
export class WorkerPool {
  readonly threads: number;
  private readonly file: string;
  private readonly waiting: Task[] = [];
  private readonly running = new Map<Worker, Task | undefined>();
  private nextId = 0;
  private closing = false;
  private onIdle: (() => void) | undefined;

  constructor(
    private readonly store: StoreConfig,
    options: WorkerPoolOptions,
  ) {
    this.threads = options.threads;
    this.file = options.file ?? join(__dirname, 'job-worker.js');
  }

  /** Runs one message in the next free thread. Where `signal` aborts while it waits, it is given up with CANCELLED; what runs is stopped by its cancel flag. */
  run(message: Omit<JobMessage, 'id'>, signal?: AbortSignal): Promise<Json> {
    if (this.closing) return Promise.reject(new FathomError('UNAVAILABLE', 'the service is shutting down'));
    if (signal?.aborted) return Promise.reject(cancelled(message.job));
    let giveUp: (() => void) | undefined;
    return new Promise<Json>((resolve, reject) => {
      const task: Task = { message: { ...message, id: this.nextId++ }, begun: 0n, resolve, reject };
      giveUp = () => {
        const place = this.waiting.indexOf(task);
        if (place < 0) return;
        this.waiting.splice(place, 1);
        reject(cancelled(message.job));
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.waiting.push(task);
      this.dispatch();
    }).finally(() => giveUp && signal?.removeEventListener('abort', giveUp));
  }

  /** Ends all threads once what they run has ended; what waits is refused. */
  async close(): Promise<void> {
    this.closing = true;
    for (const task of this.waiting.splice(0)) task.reject(cancelled('work that waited for a free thread'));
    if (this.busy()) await new Promise<void>((resolve) => (this.onIdle = resolve));
    await Promise.all([...this.running.keys()].map((worker) => worker.terminate()));
    this.running.clear();
  }

  private busy(): boolean {
    return [...this.running.values()].some((task) => task !== undefined);
  }

  private dispatch(): void {
    for (const [worker, task] of this.running) if (task === undefined && this.waiting.length > 0) this.give(worker);
    while (this.waiting.length > 0 && this.running.size < this.threads) this.give(this.spawn());
    if (!this.busy()) this.onIdle?.();
  }

  private give(worker: Worker): void {
    const task = this.waiting.shift();
    this.running.set(worker, task);
    if (!task) return;
    task.begun = process.hrtime.bigint();
    worker.postMessage(task.message);
  }

  private spawn(): Worker {
    const worker = new Worker(this.file, { workerData: this.store });
    worker.on('message', (answer: JobAnswer) => {
      const task = this.running.get(worker);
      this.running.set(worker, undefined);
      if (task)
        ENDED.publish({ job: task.message.job, action: task.message.action.type, seconds: Number(process.hrtime.bigint() - task.begun) / 1e9 });
      if (answer.ok) task?.resolve(answer.value);
      else task?.reject(unpackError(answer.error));
      this.dispatch();
    });
    worker.on('error', (cause) => this.bury(worker, new FathomError('INTERNAL', 'a worker thread failed', { cause })));
    worker.on('exit', (code) => this.bury(worker, new FathomError('INTERNAL', `a worker thread ended with code ${code}`)));
    this.running.set(worker, undefined);
    return worker;
  }

  private bury(worker: Worker, error: FathomError): void {
    const task = this.running.get(worker);
    if (!this.running.delete(worker)) return;
    task?.reject(error);
    this.dispatch();
  }
}

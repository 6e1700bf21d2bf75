import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Json } from '@fathom/tensors';
import { FathomError } from '@fathom/errors';
import type { StoreConfig } from '@fathom/store';
import { unpackError, type JobAnswer, type JobMessage } from './job-message.js';

/** How many threads, and how much may wait for them. */
export interface WorkerPoolOptions {
  /** Worker threads. */
  readonly threads: number;
  /** Messages that may wait; one more is refused with RESOURCE_EXHAUSTED. @default 4096 */
  readonly maxWaiting?: number;
}

interface Task {
  readonly message: JobMessage;
  resolve(value: Json): void;
  reject(error: Error): void;
}

/** Threads that run parts of jobs, first come first served, so that the event loop of the server stays free. */
export class WorkerPool {
  readonly threads: number;
  private readonly maxWaiting: number;
  private readonly waiting: Task[] = [];
  private readonly running = new Map<Worker, Task | undefined>();
  private nextId = 0;
  private closing = false;

  constructor(
    private readonly store: StoreConfig,
    options: WorkerPoolOptions,
  ) {
    this.threads = options.threads;
    this.maxWaiting = options.maxWaiting ?? 4096;
  }

  /** Runs one message in the next free thread. */
  run(message: Omit<JobMessage, 'id'>): Promise<Json> {
    if (this.closing) return Promise.reject(new FathomError('UNAVAILABLE', 'the service is shutting down'));
    if (this.waiting.length >= this.maxWaiting)
      return Promise.reject(new FathomError('RESOURCE_EXHAUSTED', `${this.waiting.length} pieces of work are waiting, which is the limit; try again later`));
    return new Promise((resolve, reject) => {
      this.waiting.push({ message: { ...message, id: this.nextId++ }, resolve, reject });
      this.dispatch();
    });
  }

  /** Ends all threads once what they run has ended; what waits is refused. */
  async close(): Promise<void> {
    this.closing = true;
    for (const task of this.waiting.splice(0)) task.reject(new FathomError('CANCELLED', 'the service is shutting down'));
    while ([...this.running.values()].some((task) => task !== undefined)) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all([...this.running.keys()].map((worker) => worker.terminate()));
    this.running.clear();
  }

  private dispatch(): void {
    for (const [worker, task] of this.running) if (task === undefined && this.waiting.length > 0) this.give(worker);
    while (this.waiting.length > 0 && this.running.size < this.threads) this.give(this.spawn());
  }

  private give(worker: Worker): void {
    const task = this.waiting.shift();
    this.running.set(worker, task);
    if (task) worker.postMessage(task.message);
  }

  private spawn(): Worker {
    const worker = new Worker(join(__dirname, 'job-worker.js'), { workerData: this.store });
    worker.on('message', (answer: JobAnswer) => {
      const task = this.running.get(worker);
      this.running.set(worker, undefined);
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
    if (!this.closing) this.dispatch();
  }
}

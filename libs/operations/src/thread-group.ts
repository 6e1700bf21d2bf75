import { setMaxListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { cancelled, FathomError, type Reason } from '@fathom/errors';
import { FairQueue } from './fair-queue.js';
import { unpackError, type ThreadAnswer, type ThreadMessage } from './thread-message.js';

// An engine makes an array outside the heap for every product. Beside so small a heap as a thread's, V8 then collects all of it hundreds of
// times in a second of work, unless the heap begins large. It holds for threads that start from here on.
setFlagsFromString('--initial-old-space-size=256');

/** Which threads. */
export interface ThreadGroupOptions<Work> {
  /** Most threads; each begins when there is work that no other is free for. */
  readonly threads: number;
  /** Their script, which calls `serveWork`. */
  readonly file: string;
  /** Their `workerData`. @default undefined */
  readonly data?: unknown;
  /** Who a piece of work is for: threads are shared between tenants in turn. @default all is for one */
  readonly tenantOf?: (work: Work) => string;
  /** Told of each piece of work that a thread has ended, of the seconds that it took, of why it is not done, and of what came of it. @default nobody */
  readonly onEnd?: (work: Work, seconds: number, failure: Reason | undefined, result: unknown) => void;
}

interface Piece<Work, Result> {
  readonly id: number;
  readonly work: Work;
  begun: bigint;
  resolve(value: Result): void;
  reject(error: Error): void;
}

/**
 * Threads that do work, one piece at a time each, tenants in turn, of each first come first served. A thread that is lost rejects its piece and is replaced.
 * None is ended while it works: native code that is cut off takes the process with it.
 */
export class ThreadGroup<Work, Result> {
  private readonly waiting = new FairQueue<Piece<Work, Result>>();
  private readonly running = new Map<Worker, Piece<Work, Result> | undefined>();
  private nextId = 0;
  private closing: Promise<void> | undefined;
  private onIdle: (() => void) | undefined;

  constructor(private readonly options: ThreadGroupOptions<Work>) {}

  /**
   * Has a piece of work done by the next free thread. Where `signal` aborts while it waits, it is given up.
   *
   * @throws FathomError CANCELLED, UNAVAILABLE once the group closes, INTERNAL where the thread is lost, and what the work throws
   */
  run(work: Work, signal?: AbortSignal): Promise<Result> {
    if (this.closing) return Promise.reject(new FathomError('UNAVAILABLE', 'the service is shutting down'));
    if (signal?.aborted) return Promise.reject(cancelled('work that waited for a free thread'));
    if (signal) setMaxListeners(0, signal); // one for each piece that waits
    let giveUp: (() => void) | undefined;
    return new Promise<Result>((resolve, reject) => {
      const tenant = this.options.tenantOf?.(work) ?? '';
      const piece: Piece<Work, Result> = { id: this.nextId++, work, begun: 0n, resolve, reject };
      giveUp = () => {
        if (this.waiting.remove(tenant, piece)) reject(cancelled('work that waited for a free thread'));
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.waiting.add(tenant, piece);
      this.dispatch();
    }).finally(() => giveUp && signal?.removeEventListener('abort', giveUp));
  }

  /** How many pieces of work wait for a free thread. */
  get waitingCount(): number {
    return this.waiting.size;
  }

  /** Ends all threads once what they do has ended; what waits is refused. However often it is called. */
  close(): Promise<void> {
    this.closing ??= this.endAll();
    return this.closing;
  }

  private async endAll(): Promise<void> {
    for (let piece = this.waiting.take(); piece; piece = this.waiting.take()) piece.reject(cancelled('work that waited for a free thread'));
    if (this.busy()) await new Promise<void>((resolve) => (this.onIdle = resolve));
    await Promise.all([...this.running.keys()].map(end));
    this.running.clear();
  }

  private busy(): boolean {
    return [...this.running.values()].some((piece) => piece !== undefined);
  }

  private dispatch(): void {
    for (const [worker, piece] of this.running) if (piece === undefined && this.waiting.size > 0) this.give(worker);
    while (this.waiting.size > 0 && this.running.size < this.options.threads) this.give(this.spawn());
    if (!this.busy()) this.onIdle?.();
  }

  private give(worker: Worker): void {
    const piece = this.waiting.take();
    if (!piece) return;
    this.running.set(worker, piece);
    piece.begun = process.hrtime.bigint();
    const message: ThreadMessage<Work> = { id: piece.id, work: piece.work };
    try {
      worker.postMessage(message);
    } catch (cause) {
      this.running.set(worker, undefined);
      piece.reject(new FathomError('INTERNAL', 'work that cannot be sent to a thread', { cause }));
      this.dispatch();
    }
  }

  private spawn(): Worker {
    const worker = new Worker(this.options.file, { workerData: this.options.data });
    worker.on('message', (answer: ThreadAnswer<Result>) => {
      if (answer === 'closed') return;
      const piece = this.running.get(worker);
      this.running.set(worker, undefined);
      if (piece)
        this.options.onEnd?.(
          piece.work,
          secondsSince(piece.begun),
          answer.ok ? undefined : answer.error.reason,
          answer.ok ? answer.value : undefined,
        );
      if (answer.ok) piece?.resolve(answer.value);
      else piece?.reject(unpackError(answer.error));
      this.dispatch();
    });
    worker.on('error', (cause) => this.bury(worker, new FathomError('INTERNAL', 'a worker thread failed', { cause })));
    worker.on('exit', (code) => this.bury(worker, new FathomError('INTERNAL', `a worker thread ended with code ${code}`)));
    this.running.set(worker, undefined);
    return worker;
  }

  private bury(worker: Worker, error: FathomError): void {
    const piece = this.running.get(worker);
    if (!this.running.delete(worker)) return;
    if (piece) this.options.onEnd?.(piece.work, secondsSince(piece.begun), error.reason, undefined);
    piece?.reject(error);
    this.dispatch();
  }
}

function secondsSince(begun: bigint): number {
  return Number(process.hrtime.bigint() - begun) / 1e9;
}

/** Ends an idle thread once it has let go of what it holds. */
async function end(worker: Worker): Promise<void> {
  const ready = new Promise<void>((resolve) => {
    worker.on('message', (answer) => {
      if (answer === 'closed') resolve();
    });
    worker.once('exit', () => resolve());
  });
  worker.postMessage('close');
  await ready;
  await worker.terminate();
}

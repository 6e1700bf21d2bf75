import { channel } from 'node:diagnostics_channel';
import { join } from 'node:path';
import type { EngineName } from '@fathom/engines';
import type { StoreConfig } from '@fathom/store';
import type { Json } from '@fathom/tensors';
import type { JobMessage } from './job-message.js';
import { ThreadGroup } from './thread-group.js';

/** Which threads. */
export interface WorkerPoolOptions {
  /** Worker threads, and hands of the crew. */
  readonly threads: number;
  /** Who multiplies integers. @default 'onnxruntime' */
  readonly engine?: EngineName;
  /** The threads' script. @default the one that runs jobs */
  readonly file?: string;
}

/** What a thread that runs jobs has to know. */
export interface JobThread {
  readonly store: StoreConfig;
  readonly engine: EngineName;
  /** Hands of its crew; 0: it works alone. */
  readonly hands: number;
}

/** Where the pool tells of each piece of work that has ended: `{ job, action, seconds }` of a thread. For benchmarks and metrics. */
const ENDED = channel('fathom:work');

/**
 * Threads that run jobs, so that the event loop of the server stays free: `threads` that do a part each, and one that does the parts of
 * crewed jobs, one after another, with a crew of as many hands; so two such jobs share the processors, and never start two crews.
 * Work that runs is never refused: how much may wait is bounded by how many operations may run, each with at most one message a thread.
 */
export class WorkerPool {
  readonly threads: number;
  private readonly alone: ThreadGroup<JobMessage, Json>;
  private readonly crewed: ThreadGroup<JobMessage, Json>;

  constructor(store: StoreConfig, { threads, engine = 'onnxruntime', file = join(__dirname, 'job-worker.js') }: WorkerPoolOptions) {
    this.threads = threads;
    const group = (size: number, hands: number): ThreadGroup<JobMessage, Json> =>
      new ThreadGroup({ threads: size, file, data: { store, engine, hands } satisfies JobThread, onAnswer });
    this.alone = group(threads, 0);
    this.crewed = group(1, threads);
  }

  /** Runs one message in the next free thread. Where `signal` aborts while it waits, it is given up with CANCELLED; what runs is stopped by its cancel flag. */
  run(message: JobMessage, signal?: AbortSignal): Promise<Json> {
    return (message.crewed ? this.crewed : this.alone).run(message, signal);
  }

  /** Ends all threads once what they run has ended; what waits is refused. */
  async close(): Promise<void> {
    await Promise.all([this.alone.close(), this.crewed.close()]);
  }
}

function onAnswer({ job, action }: JobMessage, seconds: number): void {
  ENDED.publish({ job, action: action.type, seconds });
}

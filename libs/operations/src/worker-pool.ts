import { channel } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { INPUT_LIMITS, type InputLimits } from '@fathom/analyses';
import type { EngineName } from '@fathom/engines';
import type { Reason } from '@fathom/errors';
import type { StoreConfig } from '@fathom/store';
import type { Json } from '@fathom/tensors';
import { FOUND, type JobMessage } from './job-message.js';
import { ThreadGroup } from './thread-group.js';

/** Which threads. */
export interface WorkerPoolOptions {
  /** Worker threads, and hands of the crew. */
  readonly threads: number;
  /** Whether the work of each tenant reads and writes that tenant's part of the store. @default false: all of it the whole */
  readonly perTenant?: boolean;
  /** Who multiplies integers. @default 'onnxruntime' */
  readonly engine?: EngineName;
  /** How large the files may be that are registered. @default INPUT_LIMITS */
  readonly limits?: InputLimits;
  /** The threads' script. @default the one that runs jobs */
  readonly file?: string;
}

/** What a thread that runs jobs has to know. */
export interface JobThread {
  readonly store: StoreConfig;
  readonly perTenant: boolean;
  readonly engine: EngineName;
  readonly limits: InputLimits;
  /** Hands of its crew; 0: it works alone. */
  readonly hands: number;
}

/** A piece of work that a thread has ended. */
export interface WorkEnded {
  readonly job: string;
  readonly action: JobMessage['action']['type'];
  /** Digest of the operation that it belongs to. */
  readonly operation: string;
  /** Whose operation that is: two tenants may have one of the same digest. */
  readonly tenant: string;
  /** Name of the part, where it is one. */
  readonly part: string | undefined;
  /** Seconds of the thread. */
  readonly seconds: number;
  /** Why it is not done; CANCELLED where it was stopped. */
  readonly failure: Reason | undefined;
}

/** Where the pool tells of each piece of work that a thread has ended: {@link WorkEnded}. For benchmarks, metrics and traces. */
export const WORK_CHANNEL = 'fathom:work';
const ENDED = channel(WORK_CHANNEL);

/**
 * Threads that run jobs, so that the event loop of the server stays free: `threads` that do a part each, and one that does the parts of
 * crewed jobs, one after another, with a crew of as many hands; so two such jobs share the processors, and never start two crews.
 * Work that runs is never refused: how much may wait is bounded by how many operations may run, each with at most one message a thread.
 */
export class WorkerPool {
  readonly threads: number;
  private readonly alone: ThreadGroup<JobMessage, Json>;
  private readonly crewed: ThreadGroup<JobMessage, Json>;

  constructor(store: StoreConfig, options: WorkerPoolOptions) {
    const { threads, perTenant = false, engine = 'onnxruntime', limits = INPUT_LIMITS, file = join(__dirname, 'job-worker.js') } = options;
    this.threads = threads;
    const group = (size: number, hands: number): ThreadGroup<JobMessage, Json> =>
      new ThreadGroup({
        threads: size,
        file,
        data: { store, perTenant, engine, limits, hands } satisfies JobThread,
        tenantOf: ({ tenant }) => tenant,
        onEnd,
      });
    this.alone = group(threads, 0);
    this.crewed = group(1, threads);
  }

  /** Runs one message in the next free thread. Where `signal` aborts while it waits, it is given up with CANCELLED; what runs is stopped by its cancel flag. */
  run(message: JobMessage, signal?: AbortSignal): Promise<Json> {
    return (message.crewed ? this.crewed : this.alone).run(message, signal);
  }

  /** How many messages wait for a free thread. */
  get waiting(): number {
    return this.alone.waitingCount + this.crewed.waitingCount;
  }

  /** Ends all threads once what they run has ended; what waits is refused. */
  async close(): Promise<void> {
    await Promise.all([this.alone.close(), this.crewed.close()]);
  }
}

function onEnd({ job, action, requestDigest, tenant }: JobMessage, seconds: number, failure: Reason | undefined, result: unknown): void {
  if (result === FOUND) return; // no work
  const part = action.type === 'part' ? action.part : undefined;
  ENDED.publish({ job, action: action.type, operation: requestDigest, tenant, part, seconds, failure } satisfies WorkEnded);
}

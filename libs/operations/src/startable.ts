import type { Json } from '@fathom/tensors';
import type { OperationProgress } from './operation-record.js';

/** What an operation's work gets to report with and to be stopped by. */
export interface Execution {
  /** Aborted when somebody cancels the operation, the runner closes, or another process has, or may have, taken the operation over. */
  readonly signal: AbortSignal;
  /** The fencing token: of two runs of an operation the later one has the higher. */
  readonly epoch: number;
  /** Replaces the progress that clients see. */
  report(progress: Partial<OperationProgress>): void;
}

/** A request that is ready to run. */
export interface Startable {
  /** SHA-256 of the canonical request; equal requests share one operation. */
  readonly digest: string;
  readonly job: string;
  readonly request: Json;
  /** Who asks; '' where there are no tenants. Places and threads are shared between tenants. */
  readonly tenant: string;
  /** Whether the work only waits for other operations. Such work has a limit of its own, or all would wait for each other's places. */
  readonly coordinates: boolean;
  /** Does the work and returns the content digest of its result. */
  run(execution: Execution): Promise<string>;
  /** Whether the result of an earlier run is still there. */
  isKept(result: string): Promise<boolean>;
}

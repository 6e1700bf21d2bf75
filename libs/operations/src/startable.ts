import type { Json } from '@fathom/tensors';
import type { OperationProgress } from './operation-record.js';

/** What an operation's work gets to report with and to be stopped by. */
export interface Execution {
  /** Aborted when somebody cancels the operation or the runner closes. */
  readonly signal: AbortSignal;
  /** Replaces the progress that clients see. */
  report(progress: Partial<OperationProgress>): void;
}

/** A request that is ready to run. */
export interface Startable {
  /** SHA-256 of the canonical request; equal requests share one operation. */
  readonly digest: string;
  readonly job: string;
  readonly request: Json;
  /** Whether the work only waits for other operations. Such work has a limit of its own, or all would wait for each other's places. */
  readonly coordinates: boolean;
  /** Does the work and returns the content digest of its result. */
  run(execution: Execution): Promise<string>;
  /** Whether the result of an earlier run is still there. */
  isKept(result: string): Promise<boolean>;
}

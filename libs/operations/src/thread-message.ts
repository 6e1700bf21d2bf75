import { FathomError, restoreError, type Reason } from '@fathom/errors';

/** What a thread of a {@link ThreadGroup} is told: work to do, or to make ready for its end. */
export type ThreadMessage<Work> = { readonly id: number; readonly work: Work } | 'close';

/** What it answers. */
export type ThreadAnswer<Result> =
  | { readonly id: number; readonly ok: true; readonly value: Result }
  | { readonly id: number; readonly ok: false; readonly error: ThreadError }
  | 'closed';

/** An error that has crossed a thread boundary. */
export interface ThreadError {
  readonly reason: Reason;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** For the log only. */
  readonly stack: string;
}

/** Makes an error ready to cross a thread boundary. */
export function packError(thrown: unknown): ThreadError {
  const error = FathomError.from(thrown);
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : '';
  return { reason: error.reason, message: error.message, metadata: error.metadata, stack: (error.stack ?? '') + cause };
}

/** The error again, on the other side. */
export function unpackError(packed: ThreadError): FathomError {
  const error = restoreError(packed);
  error.stack = packed.stack;
  return error;
}

import type { Json } from '@fathom/tensors';
import { FathomError, restoreError, type Reason } from '@fathom/errors';

/** What a worker thread is asked to do. */
export interface JobMessage {
  readonly id: number;
  readonly job: string;
  readonly requestDigest: string;
  readonly request: Json;
  readonly action:
    { readonly type: 'plan' } | { readonly type: 'part'; readonly part: string } | { readonly type: 'finish'; readonly parts: readonly string[] };
  /** One Int32; not 0 means stop. */
  readonly cancelFlag: SharedArrayBuffer;
}

/** What it answers. */
export type JobAnswer = { readonly id: number } & ({ readonly ok: true; readonly value: Json } | { readonly ok: false; readonly error: ThreadError });

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

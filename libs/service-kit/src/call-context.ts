import { FathomError } from '@fathom/errors';
import { REQUEST_ID } from '@fathom/wire';
import type { Metadata, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { callerOf, type Caller } from './caller.js';

/** What a handler knows about its call, beside the request. */
export interface CallContext {
  /** Aborted when the caller cancels, disconnects or has no time left, or the server shuts down; its reason is a FathomError. */
  readonly signal: AbortSignal;
  /** Milliseconds left until the caller's deadline, now; Infinity where the caller set none. */
  readonly deadlineMs: number;
  /** The metadata that came with the call. */
  readonly metadata: Metadata;
  /** Who calls, and for which tenant. */
  readonly caller: Caller;
  /** Names the call in the log: the caller's `x-request-id`, else a fresh one. */
  readonly requestId: string;
}

/** A call's context, and what ends it: after `release` the signal stays as it is, whatever happens to the connection. */
export function openContext(call: ServerUnaryCall<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>): {
  context: CallContext;
  release: () => void;
} {
  // Most handlers are over before anything could stop them, and never look.
  let abort: AbortController | undefined;
  let ended = false;
  const deadline = Number(call.getDeadline());
  const onCancelled = () => {
    if (!ended) abort?.abort(reasonToStop(deadline));
  };
  call.once('cancelled', onCancelled);
  return {
    context: {
      get signal() {
        if (abort === undefined) {
          abort = new AbortController();
          if (call.cancelled) onCancelled();
        }
        return abort.signal;
      },
      get deadlineMs() {
        return deadline - Date.now();
      },
      metadata: call.metadata,
      caller: callerOf(call.metadata),
      requestId: String(call.metadata.get(REQUEST_ID)[0] ?? ''),
    },
    release: () => {
      ended = true;
      call.off('cancelled', onCancelled);
    },
  };
}

/** Throws DEADLINE_EXCEEDED where the caller's time is over already, so that no work starts for nobody. */
export function refuseLate(context: CallContext): void {
  if (context.deadlineMs <= 0) throw deadlinePassed();
}

function reasonToStop(deadline: number): FathomError {
  return Date.now() >= deadline ? deadlinePassed() : new FathomError('CANCELLED', 'the caller is gone');
}

function deadlinePassed(): FathomError {
  return new FathomError('DEADLINE_EXCEEDED', 'the deadline of the call has passed');
}

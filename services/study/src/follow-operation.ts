import { setTimeout as pause } from 'node:timers/promises';
import { operations, type OperationsService } from '@fathom/contracts';
import { cancelled, FathomError } from '@fathom/errors';
import { errorOf, type Remote } from '@fathom/service-kit';

const { OperationState } = operations;

/** How long a service that does not answer is waited for, in milliseconds. */
const PATIENCE_MS = 120_000;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** One step's way to its service. */
export interface Step {
  /** Starts, joins or resumes the step's operation; the same request each time. */
  start(): Promise<{ operation?: operations.Operation | undefined }>;
  readonly operations: Remote<typeof OperationsService>;
}

/**
 * Starts a step's operation and follows it to its end. A service that is away for a while, or comes back without memory of the
 * operation, is asked again: the request names the same operation, which goes on from its finished parts.
 * Throws what the operation failed with; CANCELLED where `signal` aborts, after the operation was told to stop.
 */
export async function followOperation(step: Step, signal: AbortSignal): Promise<operations.Operation> {
  let waited = 0;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    if (signal.aborted) throw cancelled('the study');
    try {
      const ended = await attempt(step, signal);
      if (ended) return ended;
    } catch (error) {
      if (signal.aborted) throw cancelled('the study');
      const { reason } = FathomError.from(error);
      if ((reason !== 'UNAVAILABLE' && reason !== 'RESOURCE_EXHAUSTED') || waited >= PATIENCE_MS) throw error;
    }
    await pause(pauseMs, undefined, { signal }).catch(() => undefined);
    waited += pauseMs;
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  }
}

/** The operation once it has succeeded; undefined where it has to be started again. */
async function attempt(step: Step, signal: AbortSignal): Promise<operations.Operation | undefined> {
  const started = (await step.start()).operation;
  if (!started) throw new FathomError('INTERNAL', 'the service started no operation');
  const stop = (): void => void step.operations.cancelOperation({ name: started.name }).catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    let operation = started;
    if (operation.state === OperationState.RUNNING)
      for await (const update of step.operations.watchOperation({ name: started.name, afterSequence: started.sequence }, { signal }))
        operation = update.operation ?? operation;
    return outcome(operation);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function outcome(operation: operations.Operation): operations.Operation | undefined {
  if (operation.state === OperationState.SUCCEEDED) return operation;
  if (operation.state !== OperationState.FAILED) return undefined;
  const error = operation.error && errorOf(operation.error);
  throw error ?? new FathomError('INTERNAL', operation.error?.message ?? 'the operation failed');
}

import { operations, type OperationsService } from '@fathom/contracts';
import { cancelled, FathomError } from '@fathom/errors';
import { errorOf, type Remote } from '@fathom/wire';
import { Patience } from './patience.js';

const { OperationState } = operations;

/** How long telling an operation to stop may take, in milliseconds. */
const STOP_MS = 1_000;

/** One step's way to its service. */
export interface Step {
  /** Starts, joins or resumes the step's operation; the same request each time. */
  start(): Promise<{ operation?: operations.Operation | undefined }>;
  readonly operations: Pick<Remote<typeof OperationsService>, 'cancelOperation' | 'watchOperation'>;
}

/** Beside the step: how long to wait for a service, and who is told how far it is. */
export interface FollowOptions {
  /** @default two minutes for a service that does not answer, and no end for one that is busy */
  readonly patience?: Patience;
  /** Told of every change that is seen. */
  readonly onUpdate?: ((operation: operations.Operation) => void) | undefined;
}

/**
 * Starts a step's operation and follows it until it has succeeded. A service that is away for a while, or an operation that
 * was interrupted, or cancelled by somebody else, is started again: the request names the same operation, which goes on from
 * its finished parts. Throws what the operation failed with, or UNAVAILABLE where it is stopped again and again without
 * finishing a part; CANCELLED where `signal` aborts, after the operation was told to stop.
 */
export async function followOperation(step: Step, signal: AbortSignal, options: FollowOptions = {}): Promise<operations.Operation> {
  const { patience = new Patience(signal) } = options;
  let most = 0;
  const onUpdate = (operation: operations.Operation): void => {
    options.onUpdate?.(operation);
    const partsDone = operation.progress?.partsDone ?? 0;
    if (partsDone <= most) return;
    most = partsDone;
    patience.renew();
  };
  for (;;) {
    try {
      const operation = await attempt(step, signal, onUpdate);
      if (operation.state === OperationState.SUCCEEDED) return operation;
      if (operation.state === OperationState.FAILED) throw failureOf(operation);
      await patience.spend(new FathomError('UNAVAILABLE', `${operation.name} (${operation.job}) is stopped again and again`));
    } catch (error) {
      await patience.spend(error);
    }
  }
}

/** The operation as it was last seen. */
async function attempt(step: Step, signal: AbortSignal, onUpdate: (operation: operations.Operation) => void): Promise<operations.Operation> {
  let operation = await startUnlessAborted(step, signal);
  onUpdate(operation);
  if (operation.state !== OperationState.RUNNING) return operation;
  const { name, sequence } = operation;
  try {
    for await (const update of step.operations.watchOperation({ name, afterSequence: sequence }, { signal })) {
      operation = update.operation ?? operation;
      onUpdate(operation);
    }
    return operation;
  } finally {
    if (signal.aborted) await stop(step, name);
  }
}

/** Starts the operation. Where `signal` aborts first, it is told to stop as soon as its name is known, and nobody waits for that. */
async function startUnlessAborted(step: Step, signal: AbortSignal): Promise<operations.Operation> {
  if (signal.aborted) throw cancelled();
  const starting = step.start();
  let onAbort: (() => void) | undefined;
  try {
    const { operation } = await Promise.race([
      starting,
      new Promise<never>((_, reject) => {
        onAbort = () => reject(cancelled());
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    ]);
    if (!operation) throw new FathomError('INTERNAL', 'the service started no operation');
    return operation;
  } catch (error) {
    if (signal.aborted) void starting.then(({ operation }) => operation && stop(step, operation.name)).catch(() => undefined);
    throw error;
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

async function stop(step: Step, name: string): Promise<void> {
  await step.operations.cancelOperation({ name }, { deadlineMs: STOP_MS }).catch(() => undefined);
}

function failureOf({ error }: operations.Operation): FathomError {
  return (error && errorOf(error)) ?? new FathomError('INTERNAL', error?.message ?? 'the operation failed');
}

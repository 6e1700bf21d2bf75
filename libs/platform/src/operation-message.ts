import { operations } from '@fathom/contracts';
import { restoreError } from '@fathom/errors';
import { operationName, type OperationRecord, type OperationState } from '@fathom/operations';
import { statusOf } from '@fathom/service-kit';

const STATES: Readonly<Record<OperationState, operations.OperationState>> = {
  RUNNING: operations.OperationState.RUNNING,
  SUCCEEDED: operations.OperationState.SUCCEEDED,
  FAILED: operations.OperationState.FAILED,
  CANCELLED: operations.OperationState.CANCELLED,
  INTERRUPTED: operations.OperationState.INTERRUPTED,
};

/** An operation's record as clients see it. */
export function operationMessage(record: OperationRecord): operations.Operation {
  const { digest, job, state, progress, failure, result, sequence } = record;
  return {
    name: operationName(digest),
    job,
    state: STATES[state],
    progress,
    error: failure ? statusOf(restoreError(failure), digest) : undefined,
    result: result === null ? undefined : { contentDigest: result },
    sequence,
  };
}

import { operations, type OperationsService } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import type { Remote } from '@fathom/wire';
import { Patience } from './patience.js';

const { OperationState } = operations;

/** How to watch. */
export interface WatchOptions {
  /** Sequence number of the last change that was seen; 0 to begin with the present state. @default 0 */
  readonly afterSequence?: number;
  /** Ends the watch with CANCELLED; the operation goes on. @default none */
  readonly signal?: AbortSignal;
  /** @default two minutes without any change from a service that does not answer */
  readonly patience?: Patience;
}

/** An operation after each of its changes, until it has ended. After a broken connection it goes on behind the last change that was seen. */
export async function* watchOperation(
  from: Pick<Remote<typeof OperationsService>, 'watchOperation'>,
  name: string,
  { afterSequence = 0, signal = new AbortController().signal, patience = new Patience(signal) }: WatchOptions = {},
): AsyncGenerator<operations.Operation> {
  for (let seen = afterSequence; ;) {
    try {
      for await (const { operation } of from.watchOperation({ name, afterSequence: seen }, { signal })) {
        if (!operation) continue;
        seen = operation.sequence;
        patience.renew();
        yield operation;
        if (operation.state !== OperationState.RUNNING) return;
      }
      await patience.spend(new FathomError('UNAVAILABLE', `the watch of ${name} ended before the operation did`));
    } catch (error) {
      await patience.spend(error);
    }
  }
}

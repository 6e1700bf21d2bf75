import { OperationsService } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import { implement, type BoundService } from '@fathom/service-kit';
import { operationMessage } from './operation-message.js';
import { pageSizeOf, pageTokenOf } from './pages.js';
import type { Platform } from './platform.js';

const LONGEST_WAIT_MS = 600_000;

/** Left for the answer to reach a caller whose deadline is near. */
const ANSWER_MS = 1_000;

/** Get, Wait, Cancel, List and Watch for the operations of a process. */
export function operationsService({ operations }: Pick<Platform, 'operations'>): BoundService {
  return implement(OperationsService, {
    getOperation: async ({ name }, { signal }) => ({ operation: operationMessage(await operations.get(name, signal)) }),
    async waitOperation({ name, timeoutMs }, { signal, deadlineMs }) {
      if (timeoutMs > LONGEST_WAIT_MS)
        throw new InputError({ field: 'timeout_ms', problem: 'is too long', value: timeoutMs, accepted: `at most ${LONGEST_WAIT_MS}` });
      const waitMs = Math.max(0, Math.min(timeoutMs === 0 ? 60_000 : timeoutMs, deadlineMs - ANSWER_MS));
      return { operation: operationMessage(await operations.wait(name, waitMs, signal)) };
    },
    cancelOperation: async ({ name }) => ({ operation: operationMessage(await operations.cancel(name)) }),
    async listOperations({ pageSize, pageToken }, { signal }) {
      const { records, next } = await operations.list(pageSizeOf(pageSize), pageTokenOf(pageToken, /^[0-9a-f]{64}$/), signal);
      return { operations: records.map(operationMessage), nextPageToken: next };
    },
    async *watchOperation({ name, afterSequence }, { signal }) {
      for await (const record of operations.watch(name, afterSequence, signal)) yield { operation: operationMessage(record) };
    },
  });
}

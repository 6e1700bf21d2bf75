import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations, OperationsClient, OperationsService } from '@fathom/contracts';
import { connect, createLogger, implement, startServer } from '@fathom/service-kit';
import { Patience } from './patience.js';
import { watchOperation } from './watch-operation.js';

const { OperationState } = operations;
const folder = mkdtempSync(join(tmpdir(), 'fathom-watch-'));
const address = `unix:${join(folder, 'socket')}`;
afterAll(() => rmSync(folder, { recursive: true }));

const refuse = (): never => {
  throw new Error('not asked for');
};

/** A service whose watch tells three changes, and then hangs; or, to those who have seen these, the end. */
async function service(asked: number[]) {
  const change = (sequence: number) => ({
    operation: operations.Operation.create({
      name: 'operations/1',
      sequence,
      state: sequence < 5 ? OperationState.RUNNING : OperationState.SUCCEEDED,
    }),
  });
  const implementation = implement(OperationsService, {
    getOperation: refuse,
    waitOperation: refuse,
    cancelOperation: refuse,
    listOperations: refuse,
    watchOperation: async function* ({ afterSequence }, { signal }) {
      asked.push(afterSequence);
      for (let sequence = afterSequence + 1; sequence <= (afterSequence < 3 ? 3 : 5); sequence++) yield change(sequence);
      if (afterSequence < 3) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  });
  const logger = createLogger({ name: 'watched', level: 'silent' });
  return startServer({ name: 'watched', address, services: [implementation], logger, limits: { graceMs: 1 }, insecure: true });
}

it('a watch goes on behind the last change that was seen, when the service has gone and come again', async () => {
  const asked: number[] = [];
  let server = await service(asked);
  const client = connect(OperationsClient, address);
  try {
    const seen: number[] = [];
    for await (const { sequence } of watchOperation(client, 'operations/1')) {
      seen.push(sequence);
      if (sequence !== 3) continue;
      await server.close();
      server = await service(asked);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(asked[0]).toBe(0);
    expect(asked.at(-1)).toBe(3);
    const rest: number[] = [];
    for await (const { sequence } of watchOperation(client, 'operations/1', { afterSequence: 4 })) rest.push(sequence);
    expect(rest).toEqual([5]);
  } finally {
    client.close();
    await server.close();
  }
});

it('a watch throws what the call failed with, once its patience is used up', async () => {
  const client = connect(OperationsClient, `unix:${join(folder, 'nobody')}`);
  const stop = new AbortController();
  try {
    const watch = watchOperation(client, 'operations/1', { patience: new Patience(stop.signal, 0) });
    await expect(watch.next()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  } finally {
    client.close();
  }
});

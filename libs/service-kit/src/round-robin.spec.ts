import { OperationsClient, OperationsService, operations } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import type { ConnectOptions } from '@fathom/wire';
import { connect } from './connect.js';
import { createLogger } from './logger.js';
import { implement } from './service-types.js';
import { startServer, type RunningServer } from './start-server.js';

const logger = createLogger({ name: 'replica', level: 'silent' });

/** A server that names itself in what it answers; its first `failures` calls are refused as while a store is away. */
function replica(job: string, failures = 0, address = '127.0.0.1:0'): Promise<RunningServer> {
  let left = failures;
  const answer = async ({ name }: { name: string }) => {
    if (left-- > 0) throw new FathomError('STORE_UNAVAILABLE', 'the store is away');
    return { operation: operations.Operation.create({ name, job, state: operations.OperationState.SUCCEEDED, sequence: 1 }) };
  };
  const service = implement(OperationsService, {
    getOperation: answer,
    waitOperation: answer,
    cancelOperation: answer,
    listOperations: async () => ({ operations: [], nextPageToken: '' }),
    watchOperation: async function* (request) {
      yield await answer(request);
    },
  });
  return startServer({ name: job, address, services: [service], logger, insecure: true });
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function started(job: string, failures?: number): Promise<RunningServer> {
  const server = await replica(job, failures);
  open.push(server);
  return server;
}

function caller(address: string, options?: ConnectOptions): () => Promise<string> {
  const client = connect(OperationsClient, address, options);
  open.push(client);
  return async () => (await client.getOperation({ name: 'operations/1' })).operation?.job ?? '';
}

async function several(call: () => Promise<string>, count: number): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < count; i += 1) answers.push(await call());
  return answers;
}

/** Calls until all connections are there. */
async function untilAll(call: () => Promise<string>, replicas: number): Promise<void> {
  while (new Set(await several(call, replicas)).size < replicas);
}

it('a client of several addresses calls all replicas in turn', async () => {
  const servers = [await started('a'), await started('b'), await started('c')];
  const call = caller(servers.map(({ address }) => address).join(','));
  await untilAll(call, 3);
  const [first, second, third, ...more] = await several(call, 9);
  expect(new Set([first, second, third])).toEqual(new Set(['a', 'b', 'c']));
  expect(more).toEqual([first, second, third, first, second, third]);
});

it.each([false, true])('such a client goes on with the other when one dies; without a failed call where it repeats calls: %s', async (retries) => {
  const [a, b] = [await started('a'), await started('b')];
  const call = caller(`${a.address},${b.address}`, { retries });
  await untilAll(call, 2);
  await b.close();
  const answers = await several(() => (retries ? call() : call().catch(() => 'broken')), 12);
  expect(new Set(answers.slice(-6))).toEqual(new Set(['a']));
  if (retries) expect(new Set(answers)).toEqual(new Set(['a']));
});

it('such a client calls replicas that were all gone as soon as they are there again', async () => {
  const [a, b] = [await replica('a'), await replica('b')];
  const call = caller(`${a.address},${b.address}`, { retries: true });
  await untilAll(call, 2);
  await Promise.all([a.close(), b.close()]);
  await expect(call()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  open.push(await replica('c', 0, a.address));
  let answered = '';
  while (answered === '') answered = await call().catch(() => '');
  expect(answered).toBe('c');
});

it('a call is repeated up to three times where that was asked for, and else not', async () => {
  const address = async (failures: number) => (await started('a', failures)).address;
  expect(await caller(await address(3), { retries: true })()).toBe('a');
  await expect(caller(await address(4), { retries: true })()).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
  await expect(caller(await address(1))()).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
});

it('what is refused for another reason is not repeated', async () => {
  const server = await started('a');
  const client = connect(OperationsClient, server.address, { retries: true });
  open.push(client);
  await expect(client.getOperation({ name: 'x'.repeat(5000) })).rejects.toMatchObject({ reason: 'INVALID_INPUT' });
});

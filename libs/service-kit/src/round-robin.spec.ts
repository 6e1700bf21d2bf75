import { OperationsClient, OperationsService, operations } from '@fathom/contracts';
import { credentials } from '@grpc/grpc-js';
import { createLogger } from './logger.js';
import { implement } from './service-types.js';
import { startServer, type RunningServer } from './start-server.js';

const logger = createLogger({ name: 'replica', level: 'silent' });
const ROUND_ROBIN = { 'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }), 'grpc.enable_http_proxy': 0 };

/** A server that names itself in what it answers. */
function replica(job: string, address = '127.0.0.1:0'): Promise<RunningServer> {
  const answer = async ({ name }: { name: string }) => ({
    operation: { name, job, state: operations.OperationState.SUCCEEDED, progress: undefined, error: undefined, result: undefined, sequence: 1 },
  });
  const refuse = (): never => {
    throw new Error('not asked for');
  };
  const service = implement(OperationsService, {
    getOperation: answer,
    waitOperation: answer,
    cancelOperation: answer,
    listOperations: refuse,
    watchOperation: refuse,
  });
  return startServer({ name: job, address, services: [service], logger, insecure: true });
}

function caller(target: string) {
  const client = new OperationsClient(target, credentials.createInsecure(), ROUND_ROBIN);
  const call = (): Promise<string> =>
    new Promise((resolve, reject) => {
      client.getOperation({ name: 'operations/1' }, (error, reply) => (error ? reject(error) : resolve(reply.operation?.job ?? '')));
    });
  return { call, close: () => client.close() };
}

async function several(call: () => Promise<string>, count: number): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < count; i += 1) answers.push(await call());
  return answers;
}

let servers: RunningServer[];
beforeEach(async () => (servers = await Promise.all(['a', 'b', 'c'].map((name) => replica(name)))));
afterEach(() => Promise.all(servers.map((server) => server.close())));

it('a client with a list of addresses and the policy round_robin asks all replicas in turn', async () => {
  const { call, close } = caller(`ipv4:${servers.map(({ address }) => address).join(',')}`);
  try {
    await call();
    while (new Set(await several(call, 3)).size < 3); // until all connections are there
    const [first, second, third, ...more] = await several(call, 9);
    expect(new Set([first, second, third])).toEqual(new Set(['a', 'b', 'c']));
    expect(more).toEqual([first, second, third, first, second, third]);
  } finally {
    close();
  }
});

it('such a client goes on with the others when one is gone', async () => {
  const { call, close } = caller(`ipv4:${servers.map(({ address }) => address).join(',')}`);
  try {
    while (new Set(await several(call, 3)).size < 3);
    await servers[1]!.close();
    // Its connection may be found broken by one call.
    const answers = await several(() => call().catch(() => 'broken'), 12);
    expect(new Set(answers.slice(-6))).toEqual(new Set(['a', 'c']));
  } finally {
    close();
  }
});

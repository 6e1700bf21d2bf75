import { once } from 'node:events';
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from 'node:net';
import { ArtifactClient, OperationsClient } from '@fathom/contracts';
import { FathomError, InputError } from '@fathom/errors';
import { connect } from './connect.js';
import { aborted, gate, operation, TestServers } from './test-server.fixture.js';

const servers = new TestServers();
const networks: Network[] = [];
afterEach(async () => {
  for (const network of networks.splice(0)) network.close();
  await servers.closeAll();
});

const FOREVER = new Promise<never>(() => undefined);
const watch = { name: 'operations/1', afterSequence: 0 };

/** A network between a client and a server, which may be cut, so that neither hears of the other any more. */
class Network {
  readonly #sockets: Socket[] = [];
  readonly #server;

  constructor(to: string) {
    const { hostname, port } = new URL(`http://${to}`);
    this.#server = createServer((here) => {
      const there = connectSocket(Number(port), hostname);
      here.pipe(there).pipe(here);
      for (const socket of [here, there]) socket.on('error', () => undefined);
      this.#sockets.push(here, there);
    });
    networks.push(this);
  }

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

describe('a network that is cut', () => {
  it('fails a stream with UNAVAILABLE, though nobody has closed the connection', async () => {
    const { server } = await servers.start({
      handlers: {
        watchOperation: async function* (_request, { signal }) {
          yield operation('operations/1');
          await aborted(signal);
        },
      },
    });
    const network = new Network(server.address);
    const remote = connect(OperationsClient, await network.listen(), { silentMs: 200 });
    const stream = remote.watchOperation(watch)[Symbol.asyncIterator]();
    await stream.next();
    network.cut();
    await expect(stream.next()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    remote.close();
  });
});

describe('a plain call', () => {
  it('returns the response', async () => {
    const { remote } = await servers.start();
    expect(await remote.getOperation({ name: 'operations/ü' })).toEqual(operation('operations/ü'));
  });

  it('throws the input error that the handler threw', async () => {
    const thrown = new InputError({ field: 'name', problem: 'wrong', value: 'ünï', accepted: '64 digits' });
    const { remote } = await servers.start({ handlers: { getOperation: () => Promise.reject(thrown) } });
    const { message, metadata } = thrown;
    await expect(remote.getOperation({ name: 'ünï' })).rejects.toMatchObject({
      name: 'InputError',
      reason: 'INVALID_INPUT',
      message,
      metadata,
    });
  });

  it('throws what a service behind the service threw', async () => {
    const far = await servers.start({
      handlers: {
        getOperation: () => Promise.reject(new FathomError('STORE_FULL', 'no room', { metadata: { key: 'k' } })),
      },
    });
    const near = await servers.start({ handlers: { getOperation: (request) => far.remote.getOperation(request) } });
    await expect(near.remote.getOperation({ name: '' })).rejects.toMatchObject({
      reason: 'STORE_FULL',
      message: 'no room',
      metadata: { key: 'k' },
    });
  });

  it('is told nothing of a defect but an id, under which the log has the stack', async () => {
    const { remote, lines } = await servers.start({
      handlers: { getOperation: () => Promise.reject(new TypeError('secret')) },
    });
    const error: unknown = await remote.getOperation({ name: '' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'INTERNAL', message: expect.not.stringContaining('secret') as string });
    const { requestId } = (error as FathomError).metadata;
    expect(lines.find((line) => line.level === 'error')).toMatchObject({
      requestId,
      error: { name: 'TypeError', message: 'secret', stack: expect.any(String) as string },
    });
  });

  it('fails at its deadline, and the handler is told to stop', async () => {
    let started = false;
    const stopped = gate();
    const { remote } = await servers.start({
      handlers: {
        getOperation: async (_request, { signal }) => {
          started = true;
          await aborted(signal);
          stopped.open();
          throw signal.reason as Error;
        },
      },
    });
    // On a busy machine the first deadlines may pass before the call arrives.
    for (let deadlineMs = 100; !started; deadlineMs *= 2) {
      await expect(remote.getOperation({ name: '' }, { deadlineMs })).rejects.toMatchObject({
        reason: 'DEADLINE_EXCEEDED',
      });
    }
    await stopped.opened;
  });

  it('has no deadline where Infinity is asked for, else that of the connection', async () => {
    const seen: number[] = [];
    const handlers = {
      getOperation: async ({ name }: { name: string }, context: { deadlineMs: number }) => {
        seen.push(context.deadlineMs);
        return operation(name);
      },
    };
    const { remote } = await servers.start({ handlers, client: { deadlineMs: 5000 } });
    await remote.getOperation({ name: '' }, { deadlineMs: Infinity });
    await remote.getOperation({ name: '' });
    await remote.getOperation({ name: '' }, { deadlineMs: undefined });
    expect(seen[0]).toBe(Infinity);
    expect(seen.slice(1).every((ms) => ms > 0 && ms <= 5000)).toBe(true);
  });

  it('ends when its caller cancels, and the handler is told to stop', async () => {
    const [started, stopped, abort] = [gate(), gate(), new AbortController()];
    const { remote } = await servers.start({
      handlers: {
        getOperation: async (_request, { signal }) => {
          started.open();
          await aborted(signal);
          stopped.open();
          return operation('too late');
        },
      },
    });
    const call = remote.getOperation({ name: '' }, { signal: abort.signal });
    await started.opened;
    abort.abort();
    await expect(call).rejects.toMatchObject({ reason: 'CANCELLED' });
    await stopped.opened;
    await expect(remote.getOperation({ name: '' }, { signal: abort.signal })).rejects.toMatchObject({
      reason: 'CANCELLED',
    });
  });

  it('leaves no listener behind on a signal that outlives it', async () => {
    const abort = new AbortController();
    const [add, remove] = [jest.spyOn(abort.signal, 'addEventListener'), jest.spyOn(abort.signal, 'removeEventListener')];
    const { remote } = await servers.start();
    await remote.getOperation({ name: '' }, { signal: abort.signal });
    for await (const _ of remote.watchOperation(watch, { signal: abort.signal }));
    expect(add).toHaveBeenCalledTimes(2);
    expect(remove).toHaveBeenCalledTimes(2);
  });

  it('says where no server answers', async () => {
    const { server, remote } = await servers.start();
    await server.close();
    await expect(remote.getOperation({ name: '' })).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
      message: expect.stringContaining(`the server at ${server.address} cannot be reached`) as string,
      metadata: { address: server.address },
    });
  });

  it('says where the server offers another service', async () => {
    const { server } = await servers.start();
    const remote = connect(ArtifactClient, server.address);
    await expect(remote.getArtifact({ artifact: undefined })).rejects.toMatchObject({
      reason: 'NOT_FOUND',
      message: `the server at ${server.address} does not offer /fathom.artifact.v1.ArtifactService/GetArtifact`,
    });
    remote.close();
  });

  it('refuses a request that the contract cannot hold', async () => {
    const { remote } = await servers.start();
    await expect(remote.listOperations({ pageSize: 1.5, pageToken: '' })).rejects.toThrow(/^request: .*1\.5.*accepted: a request as the contract/);
  });
});

describe('a message that is too large', () => {
  const name = 'x'.repeat(5_000_000);

  it('is not sent', async () => {
    const { remote } = await servers.start();
    await expect(remote.getOperation({ name })).rejects.toThrow(
      'request: the message is too large (got 5000005 bytes); accepted: at most 4194304 bytes',
    );
  });

  it('is not read by the server', async () => {
    const { remote } = await servers.start({ client: { maxMessageBytes: 10_000_000 } });
    const error: unknown = await remote.getOperation({ name }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({
      message: 'request: the message is too large (got 5000005 bytes); accepted: at most 4194304 bytes',
    });
  });

  it('is not answered by the server', async () => {
    const { remote } = await servers.start({
      handlers: { getOperation: async () => operation(name) },
      client: { maxMessageBytes: 10_000_000 },
    });
    await expect(remote.getOperation({ name: '' })).rejects.toThrow(/^response: .*at most 4194304 bytes; ask for less at once/);
  });

  it('is not read by the client', async () => {
    const { remote } = await servers.start({
      client: { maxMessageBytes: 1000 },
      handlers: { getOperation: async () => operation('y'.repeat(2000)) },
    });
    await expect(remote.getOperation({ name: '' })).rejects.toThrow(/^response: the message is too large .*at most 1000 bytes/);
  });
});

describe('a stream', () => {
  it('arrives whole and in order', async () => {
    const { remote } = await servers.start({
      handlers: {
        watchOperation: async function* ({ name }) {
          for (let i = 0; i < 500; i++) yield operation(name, i);
        },
      },
    });
    const seen: (number | undefined)[] = [];
    for await (const message of remote.watchOperation(watch)) seen.push(message.operation?.sequence);
    expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  it('throws the error of its handler after the messages before it', async () => {
    const { remote } = await servers.start({
      handlers: {
        watchOperation: async function* ({ name }) {
          yield operation(name, 1);
          throw new FathomError('CORRUPT_DATA', 'wrong digest', { metadata: { key: 'k' } });
        },
      },
    });
    const seen: unknown[] = [];
    const read = async () => {
      for await (const message of remote.watchOperation(watch)) seen.push(message);
    };
    await expect(read()).rejects.toMatchObject({
      reason: 'CORRUPT_DATA',
      message: 'wrong digest',
      metadata: { key: 'k' },
    });
    expect(seen).toHaveLength(1);
  });

  it('holds its producer back while nobody reads', async () => {
    const name = 'x'.repeat(64 * 1024);
    let produced = 0;
    const { remote } = await servers.start({
      handlers: {
        watchOperation: async function* () {
          for (; produced < 500; produced++) yield operation(name, produced);
        },
      },
    });
    const reader = remote.watchOperation(watch)[Symbol.asyncIterator]();
    await reader.next();
    for (let before = -1; before !== produced;) {
      before = produced;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(produced).toBeLessThan(100);
    let read = 1;
    while (!(await reader.next()).done) read++;
    expect(read).toBe(500);
  });

  it('stops its producer when its reader leaves', async () => {
    const stopped = gate<boolean>();
    const { remote } = await servers.start({
      handlers: {
        watchOperation: async function* ({ name }, { signal }) {
          try {
            for (let i = 0; ; i++) yield operation(name, i);
          } finally {
            stopped.open(signal.aborted);
          }
        },
      },
    });
    for await (const message of remote.watchOperation(watch)) if (message.operation?.sequence === 3) break;
    expect(await stopped.opened).toBe(true);
  });

  it('ends when its reader cancels, and at its deadline', async () => {
    const { remote } = await servers.start({
      handlers: {
        watchOperation: async function* ({ name }, { signal }) {
          yield operation(name);
          await Promise.race([aborted(signal), FOREVER]);
        },
      },
    });
    const abort = new AbortController();
    const read = async (options: { signal?: AbortSignal; deadlineMs?: number }) => {
      for await (const _ of remote.watchOperation(watch, options)) abort.abort();
    };
    await expect(read({ signal: abort.signal })).rejects.toMatchObject({ reason: 'CANCELLED' });
    await expect(read({ deadlineMs: 100 })).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
  });
});

import { OperationsClient, OperationsService } from '@fathom/contracts';
import { Client, credentials } from '@grpc/grpc-js';
import { service as health } from 'grpc-health-check';
import { spawnSync } from 'node:child_process';
import fs, { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from './connect.js';
import { implement } from './service-types.js';
import { startServer } from './start-server.js';
import { aborted, gate, operation, TestServers } from './test-server.fixture.js';

const servers = new TestServers();
const clients: Client[] = [];
const folder = mkdtempSync(join(tmpdir(), 'fathom-kit-'));
afterEach(async () => {
  clients.splice(0).forEach((client) => client.close());
  await servers.closeAll();
});
afterAll(() => rmSync(folder, { recursive: true }));

function rawClient(address: string): Client {
  const client = new Client(address, credentials.createInsecure());
  clients.push(client);
  return client;
}

const asIs = (bytes: Buffer) => bytes;
const SERVICE = 'fathom.operations.v1.OperationsService';

describe('health', () => {
  it('answers for the server and each service', async () => {
    const { server } = await servers.start();
    const { path, requestSerialize, responseDeserialize } = health.Check!;
    const check = (service: string) =>
      new Promise<object>((resolve, reject) =>
        rawClient(server.address).makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, (error, answer) =>
          error ? reject(error) : resolve(answer!),
        ),
      );
    expect(await check('')).toEqual({ status: 'SERVING' });
    expect(await check(SERVICE)).toEqual({ status: 'SERVING' });
    await expect(check('fathom.none')).rejects.toMatchObject({ code: 5 });
  });

  it('tells who watches that the server goes, and does not hold it back', async () => {
    const { server } = await servers.start({ limits: { graceMs: 600_000 } });
    const { path, requestSerialize, responseDeserialize } = health.Watch!;
    const watch = rawClient(server.address).makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
      service: SERVICE,
    });
    const [first, end] = [gate(), gate<unknown>()];
    const seen: unknown[] = [];
    watch.on('data', (answer) => {
      seen.push(answer);
      first.open();
    });
    watch.on('error', end.open);
    await first.opened;
    await server.close();
    expect(await end.opened).toMatchObject({ code: 14 });
    expect(seen).toEqual([{ status: 'SERVING' }, { status: 'NOT_SERVING' }]);
  });
});

describe('reflection', () => {
  const ask = (address: string, version: string, request: Buffer) =>
    new Promise<string>((resolve, reject) => {
      const call = rawClient(address).makeBidiStreamRequest(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, asIs, asIs);
      call.on('data', (bytes: Buffer) => resolve(bytes.toString('latin1')));
      call.on('error', reject);
      call.write(request);
      call.end();
    });

  it.each(['v1', 'v1alpha'])('lists the services (%s)', async (version) => {
    const { server } = await servers.start();
    const answer = await ask(server.address, version, Buffer.from([0x3a, 1, 0x2a]));
    expect(answer).toContain(SERVICE);
    expect(answer).toContain('grpc.health.v1.Health');
    expect(answer).not.toContain('fathom.study.v1.StudyService');
  });

  it('gives the files behind a service, with what they import', async () => {
    const { server } = await servers.start();
    const answer = await ask(server.address, 'v1', Buffer.from([0x22, SERVICE.length, ...Buffer.from(SERVICE)]));
    for (const file of ['fathom/operations/v1/operations.proto', 'fathom/artifact/v1/artifact.proto', 'google/rpc/status.proto']) {
      expect(answer).toContain(file);
    }
  });
});

describe('an address', () => {
  it('that another process holds is named', async () => {
    const { server } = await servers.start();
    await expect(servers.start({ address: server.address })).rejects.toMatchObject({
      reason: 'ADDRESS_IN_USE',
      message: expect.stringContaining(`${server.address} is in use`) as string,
      metadata: { address: server.address },
    });
  });

  it('may be a socket file, which only its owner may open and which is gone afterwards', async () => {
    const path = join(folder, 'a.sock');
    const { server, remote } = await servers.start({ address: `unix:${path}` });
    expect(server.address).toBe(`unix:${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await remote.getOperation({ name: 'x' })).toEqual(operation('x'));
    await expect(servers.start({ address: `unix:${path}` })).rejects.toMatchObject({ reason: 'ADDRESS_IN_USE' });
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  it("may be a socket file, which is nobody else's from the start, and the umask stays what it was", async () => {
    const before = process.umask(0o022);
    const modes: number[] = [];
    const real = fs.chmodSync;
    const chmod = jest.spyOn(fs, 'chmodSync').mockImplementation((path, mode) => {
      modes.push(statSync(path).mode & 0o077);
      real(path, mode);
    });
    const paths = ['x.sock', 'y.sock', 'z.sock'].map((name) => join(folder, name));
    await Promise.all(paths.map((path) => servers.start({ address: `unix:${path}` })));
    chmod.mockRestore();
    expect(modes).toEqual([0, 0, 0]);
    expect(process.umask(before)).toBe(0o022);
  });

  it('whose file cannot be kept to its owner is given up', async () => {
    const before = process.umask(0o022);
    const path = join(folder, 'refused.sock');
    const chmod = jest.spyOn(fs, 'chmodSync').mockImplementation(() => {
      throw new Error('EPERM: not permitted');
    });
    await expect(servers.start({ address: `unix:${path}` })).rejects.toThrow('EPERM: not permitted');
    chmod.mockRestore();
    expect(process.umask(before)).toBe(0o022);
    await servers.start({ address: `unix:${path}` });
  });

  it('may be a socket file that a killed process left behind', async () => {
    const path = join(folder, 'killed.sock');
    spawnSync(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`]);
    expect(existsSync(path)).toBe(true);
    const { remote } = await servers.start({ address: `unix:${path}` });
    expect(await remote.getOperation({ name: 'x' })).toEqual(operation('x'));
  });

  it('that is a plain file is left alone', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'kept');
    await expect(servers.start({ address: `unix:${path}` })).rejects.toMatchObject({ reason: 'ADDRESS_IN_USE' });
    expect(existsSync(path)).toBe(true);
  });

  it('that cannot be is refused with the reason of the system', async () => {
    await expect(servers.start({ address: `unix:${join(folder, 'none', 'a.sock')}` })).rejects.toThrow(/cannot be listened at \(E\w+\)/);
    await expect(servers.start({ address: '0.0.0.0:0' })).rejects.toThrow(/not both tls and tokens/);
  });
});

describe('options', () => {
  const service = implement(OperationsService, {} as never);
  it.each([
    [{ name: '' }, /^name: is empty/],
    [{ services: [] }, /^services: none is given/],
    [{ services: [service, service] }, /^services: one is given twice \(got fathom\.operations\.v1\.OperationsService\)/],
    [{ limits: { maxMessageBytes: 1.5 } }, /^limits\.maxMessageBytes: out of range \(got 1\.5\)/],
    [{ limits: { maxCallsPerConnection: 0 } }, /^limits\.maxCallsPerConnection: out of range \(got 0\)/],
    [{ limits: { graceMs: -1 } }, /^limits\.graceMs: out of range \(got -1\)/],
  ])('%j are refused', async (wrong, message) => {
    await expect(startServer({ name: 'n', address: '127.0.0.1:0', services: [service], insecure: true, ...wrong })).rejects.toThrow(message);
  });
});

describe('closing', () => {
  it('waits for the calls in flight', async () => {
    const [started, finish] = [gate(), gate()];
    const { server, remote } = await servers.start({
      limits: { graceMs: 600_000 },
      handlers: {
        getOperation: async ({ name }) => {
          started.open();
          await finish.opened;
          return operation(name);
        },
      },
    });
    const call = remote.getOperation({ name: 'x' });
    await started.opened;
    const closed = server.close();
    expect(server.close()).toBe(closed);
    const late = connect(OperationsClient, server.address);
    await expect(late.getOperation({ name: 'y' })).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    late.close();
    finish.open();
    expect(await call).toEqual(operation('x'));
    await closed;
  });

  it('ends the calls that take longer, and their handlers are told', async () => {
    const [started, stopped] = [gate(), gate()];
    const { server, remote } = await servers.start({
      limits: { graceMs: 50 },
      handlers: {
        getOperation: async (_request, { signal }) => {
          started.open();
          await aborted(signal);
          stopped.open();
          throw signal.reason as Error;
        },
      },
    });
    const call = expect(remote.getOperation({ name: 'x' })).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
      message: 'the server is shutting down',
    });
    await started.opened;
    await server.close();
    await call;
    await stopped.opened;
  });

  it('frees the address', async () => {
    const { server } = await servers.start();
    await server.close();
    const port = Number(server.address.split(':')[1]);
    const again = createServer();
    await new Promise<void>((resolve, reject) => again.once('error', reject).listen(port, '127.0.0.1', resolve));
    await new Promise((resolve) => again.close(resolve));
  });
});

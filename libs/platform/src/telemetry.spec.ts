import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, HealthClients, READY } from '@fathom/service-kit';
import { loadConfig } from './config.js';
import { serve } from './serve.js';
import { openTelemetry } from './telemetry.js';

jest.setTimeout(60_000);

const logger = createLogger({ name: 'n', level: 'silent' });
const health = new HealthClients({ deadlineMs: 5_000 });
afterAll(() => health.close());

/** A store in the manner of S3 that has nothing. */
async function emptyStore(port = 0): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function stopped(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

async function until(address: string, wanted: string): Promise<void> {
  while ((await health.check(address, READY)) !== wanted) await new Promise((resolve) => setTimeout(resolve, 50));
}

it('a process is ready while its store answers, lives on without it, and is gone once it is closed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-ready-'));
  let store = await emptyStore();
  const { port } = store.address() as AddressInfo;
  const s3 = { endpoint: `http://127.0.0.1:${port}`, accessKey: 'a', secretKey: 'b', deadlineMs: 500, attempts: 1 };
  const config = loadConfig({ env: {}, overrides: { store: { location: 's3://bucket', s3 }, threads: 1, insecure: true, healthAddress: ':0' } });
  const telemetry = await openTelemetry(config, logger);
  const { address } = telemetry.health!;
  expect([await health.check(address), await health.check(address, READY)]).toEqual(['serving', 'not serving']);
  const served = await serve([], { name: 'n', address: `unix:${join(folder, 'socket')}`, config, logger, telemetry });
  await until(address, 'serving');
  await stopped(store);
  await until(address, 'not serving');
  expect(await health.check(address)).toBe('serving');
  store = await emptyStore(port);
  await until(address, 'serving');
  await served.close();
  expect([await health.check(address), await health.check(address, READY)]).toEqual(['serving', 'not serving']);
  await telemetry.close();
  expect(await health.check(address)).toBe('unreachable');
  await stopped(store);
  rmSync(folder, { recursive: true });
});

it('opens nothing that is not asked for, and nothing at all where one port cannot be opened', async () => {
  const none = await openTelemetry({}, logger);
  expect([none.metrics, none.health]).toEqual([undefined, undefined]);
  await none.close();
  const taken = createSocketServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const free = createSocketServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  await once(free, 'close');
  const settings = { metricsAddress: `:${port}`, healthAddress: `:${(taken.address() as AddressInfo).port}` };
  await expect(openTelemetry(settings, logger)).rejects.toMatchObject({ reason: 'ADDRESS_IN_USE' });
  taken.close();
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow('fetch failed');
});

import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { FathomError } from '@fathom/errors';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { CallMetrics } from './call-metrics.js';
import { openMetricsPort, type OpenPort } from './metrics-port.js';
import { gate, operation, TestServers } from './test-server.fixture.js';

const servers = new TestServers();
const ports: OpenPort[] = [];
afterEach(async () => {
  await servers.closeAll();
  for (const port of ports.splice(0)) await port.close();
});

/** Metrics of a process, and how they are scraped. */
async function metrics() {
  const registry = new Registry();
  const port = await openMetricsPort(registry, ':0');
  ports.push(port);
  const scrape = async (): Promise<string> => (await fetch(`http://${port.address}/metrics`)).text();
  return { calls: new CallMetrics(registry), port, scrape };
}

const SERVICE = 'service="fathom.operations.v1.OperationsService"';

describe('a server with metrics', () => {
  it('counts every call by service, method and code, and sorts them by their time', async () => {
    const { calls, scrape } = await metrics();
    const { remote } = await servers.start({
      watch: { metrics: calls },
      handlers: { getOperation: async () => Promise.reject(new FathomError('NOT_FOUND', 'there is none')) },
    });
    await remote.listOperations({ pageSize: 0, pageToken: '' });
    await remote.listOperations({ pageSize: 0, pageToken: '' });
    await expect(remote.getOperation({ name: 'operations/x' })).rejects.toThrow('there is none');
    const text = await scrape();
    expect(text).toContain(`fathom_requests_total{${SERVICE},method="ListOperations",code="OK"} 2`);
    expect(text).toContain(`fathom_requests_total{${SERVICE},method="GetOperation",code="NOT_FOUND"} 1`);
    expect(text).toContain(`fathom_request_seconds_bucket{le="+Inf",${SERVICE},method="ListOperations"} 2`);
    expect(text).toContain(`fathom_request_seconds_count{${SERVICE},method="ListOperations"} 2`);
  });

  it('tells how many calls are open', async () => {
    const { calls, scrape } = await metrics();
    const begun = gate();
    const free = gate();
    const handlers = {
      getOperation: async ({ name }: { name: string }) => {
        begun.open();
        await free.opened;
        return operation(name);
      },
    };
    const { remote } = await servers.start({ watch: { metrics: calls }, handlers });
    const call = remote.getOperation({ name: 'n' });
    await begun.opened;
    expect(await scrape()).toContain(`fathom_open_calls{${SERVICE}} 1`);
    free.open();
    await call;
    expect(await scrape()).toContain(`fathom_open_calls{${SERVICE}} 0`);
  });

  it('never makes a label of what a caller names', async () => {
    const { calls, scrape } = await metrics();
    const { server } = await servers.start({ watch: { metrics: calls } });
    const client = new Client(server.address, credentials.createInsecure());
    for (const path of ['/fathom.operations.v1.OperationsService/MadeUp', '/made.up.Service/MadeUp'])
      await new Promise((resolve) => client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), new Metadata(), resolve));
    client.close();
    expect(await scrape()).not.toMatch(/made.?up/i);
    const ended = calls.begin('/made.up.Service/MadeUp');
    ended(0, 1);
    expect(await scrape()).toContain('fathom_requests_total{service="unknown",method="unknown",code="OK"} 1');
  });
});

describe('the port of metrics', () => {
  it('is open to this machine alone where no host is given, and answers nothing but GET /metrics', async () => {
    const { port } = await metrics();
    expect(port.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect((await fetch(`http://${port.address}/metrics?x=1`)).headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect((await fetch(`http://${port.address}/`)).status).toBe(404);
    expect((await fetch(`http://${port.address}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  it('says which address is taken, and what is none', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    try {
      await expect(openMetricsPort(new Registry(), `:${port}`)).rejects.toMatchObject({ reason: 'ADDRESS_IN_USE' });
    } finally {
      taken.close();
    }
    await expect(openMetricsPort(new Registry(), 'unix:/tmp/x')).rejects.toMatchObject({ reason: 'INVALID_INPUT', field: 'metricsAddress' });
    await expect(openMetricsPort(new Registry(), 'nonsense')).rejects.toMatchObject({ reason: 'INVALID_INPUT' });
  });
});

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

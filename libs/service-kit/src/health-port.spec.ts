import { HealthClients } from './health-client.js';
import { openHealthPort, READY, type HealthPort } from './health-port.js';
import { TestServers } from './test-server.fixture.js';

let port: HealthPort;
const clients = new HealthClients({ deadlineMs: 2_000 });
const servers = new TestServers();
beforeEach(async () => {
  port = await openHealthPort(':0');
});
afterEach(async () => {
  await port.close();
  await servers.closeAll();
});
afterAll(() => clients.close());

describe('the port of health', () => {
  it('tells that the process lives from the first moment on, and that it is ready once everything is there', async () => {
    expect(port.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await clients.check(port.address)).toBe('serving');
    expect(await clients.check(port.address, READY)).toBe('not serving');
    port.set('activation', true);
    expect(await clients.check(port.address, READY)).toBe('serving');
  });

  it('is ready only as long as everything is there, and lives on without', async () => {
    port.set('activation', true);
    port.set('study', false);
    expect(await clients.check(port.address, READY)).toBe('not serving');
    port.set('study', true);
    expect(await clients.check(port.address, READY)).toBe('serving');
    port.set('activation', false);
    expect(await clients.check(port.address, READY)).toBe('not serving');
    expect(await clients.check(port.address)).toBe('serving');
  });

  it('refuses what is no TCP address', async () => {
    await expect(openHealthPort('unix:/tmp/x')).rejects.toMatchObject({ reason: 'INVALID_INPUT', field: 'healthAddress' });
  });
});

describe('whoever asks for health', () => {
  it('is told of a server, of a name that it does not know, and of nobody being there', async () => {
    const { server } = await servers.start();
    expect(await clients.check(server.address)).toBe('serving');
    expect(await clients.check(server.address, 'fathom.operations.v1.OperationsService')).toBe('serving');
    expect(await clients.check(server.address, 'nobody')).toBe('not serving');
    await servers.closeAll();
    expect(await clients.check(server.address)).toBe('unreachable');
  });
});

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Provenance } from '@fathom/artifacts';
import type { Execution, Startable } from '@fathom/operations';
import { createLogger, openTracing } from '@fathom/service-kit';
import { openStore, tenantsOf } from '@fathom/store';
import { Registry } from 'prom-client';
import { loadConfig } from './config.js';
import { OperationWatch } from './operation-watch.js';
import type { Platform } from './platform.js';
import { Tenants, type TenantsOptions } from './tenants.js';
import { WorkMetrics } from './work-metrics.js';

const folder = mkdtempSync(join(tmpdir(), 'fathom-tenants-'));
afterAll(() => rmSync(folder, { recursive: true }));

const logger = createLogger({ name: 'n', level: 'silent' });
const registry = new Registry();
const metrics = new WorkMetrics(registry);
const watch = new OperationWatch(openTracing('n', logger).tracer, metrics);
const tokens = { issuer: 'i', audience: 'a', jwksFile: 'x' };
const made: string[] = [];
const closed: string[] = [];
let stores = 0;
let all: Tenants;

const opened = (settings: object, options: Partial<TenantsOptions> = {}): Tenants => {
  const config = loadConfig({ env: {}, overrides: { store: join(folder, `${(stores += 1)}`), threads: 1, engine: 'reference', ...settings } });
  const servicesOf = (platform: Platform) => {
    made.push(platform.tenant);
    platform.onClose(() => closed.push(platform.tenant));
    return [];
  };
  all = new Tenants({ config, logger, watch, servicesOf, ...options });
  return all;
};
beforeEach(() => {
  made.length = 0;
  closed.length = 0;
});
afterEach(() => all.close());
afterAll(() => {
  watch.close();
  metrics.close();
});

const provenance: Provenance = { job: 't', requestDigest: 'd', request: {}, inputs: [], codeVersion: '0', engine: null, determinism: 'PORTABLE' };
const publish = ({ artifacts }: Platform) => artifacts.publishTensors({ kind: 'k', attributes: {}, tensors: [], provenance });

/** Work that runs until it is ended by hand. */
function work(tenant: string): Startable & { end: () => void; begun: Promise<Execution> } {
  let end = (): void => undefined;
  let begin: (execution: Execution) => void;
  const begun = new Promise<Execution>((resolve) => (begin = resolve));
  const run = (execution: Execution): Promise<string> =>
    new Promise((resolve, reject) => {
      end = () => resolve('sha256:1');
      execution.signal.addEventListener('abort', () => reject(new Error('stopped')));
      begin(execution);
    });
  return { digest: 'a'.repeat(64), job: 't', request: {}, tenant, coordinates: false, run, isKept: async () => true, end: () => end(), begun };
}

describe('with tokens', () => {
  it('what a tenant makes lies in its part of the store, and no other tenant finds it', async () => {
    const tenants = opened({ tokens });
    const [a, b] = [tenants.of('a').platform, tenants.of('b').platform];
    const digest = await publish(a);
    expect(await a.artifacts.look(digest)).toMatchObject({ digest });
    await expect(b.artifacts.look(digest)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    expect(await publish(b)).toBe(digest);
    const keys: string[] = [];
    for await (const { key } of tenants.objects.list('')) if (key.includes('/artifacts/')) keys.push(key);
    expect(keys).toEqual(['a', 'b'].map((tenant) => `tenants/${tenant}/artifacts/${digest.slice('sha256:'.length)}`));
  });

  it('two tenants may run operations of one name, each sees its own, and metrics count both', async () => {
    const tenants = opened({ tokens });
    const ofEach = ['a', 'b'].map((tenant) => ({ ...tenants.of(tenant), work: work(tenant) }));
    const name = `operations/${'a'.repeat(64)}`;
    const [a, b] = ofEach as [(typeof ofEach)[0], (typeof ofEach)[0]];
    await a.platform.start(a.work);
    await expect(b.platform.operations.get(name)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    await b.platform.start(b.work);
    expect((await b.platform.operations.list(10, '')).records).toHaveLength(1);
    await Promise.all([a.work.begun, b.work.begun]);
    expect(await registry.metrics()).toContain('fathom_operations_running{job="t"} 2');
    await b.platform.operations.cancel(name);
    expect((await b.platform.operations.wait(name, 60_000)).state).toBe('CANCELLED');
    expect(await a.platform.operations.get(name)).toMatchObject({ state: 'RUNNING', tenant: 'a' });
    a.work.end();
    expect((await a.platform.operations.wait(name, 60_000)).state).toBe('SUCCEEDED');
  });

  it('the tenant that was asked for longest ago is forgotten, unless a call or an operation of it goes on', async () => {
    const tenants = opened({ tokens }, { most: 2 });
    const [a, b] = [tenants.of('a'), tenants.of('b')];
    expect(tenants.of('a')).toBe(a);
    tenants.of('c');
    expect(made).toEqual(['a', 'b', 'c']);
    a.calls += 1;
    tenants.of('d'); // c goes, as a has a call
    expect(tenants.of('a')).toBe(a);
    expect(tenants.of('b')).not.toBe(b); // d goes
    a.calls -= 1;
    const running = work('a');
    await a.platform.start(running);
    await running.begun;
    for (const tenant of ['e', 'f', 'g']) tenants.of(tenant);
    expect(tenants.of('a')).toBe(a);
    running.end();
    await a.platform.operations.wait(`operations/${running.digest}`, 60_000);
    tenants.of('h');
    tenants.of('i');
    expect(tenants.of('a')).not.toBe(a);
    await tenants.close();
    expect(closed.sort()).toEqual(made.sort());
  });

  it('a tenant whose services cannot be made leaves nothing behind', async () => {
    const tenants = opened(
      { tokens },
      {
        servicesOf: (platform) => {
          platform.onClose(() => closed.push(platform.tenant));
          throw new Error('no service');
        },
      },
    );
    expect(() => tenants.of('a')).toThrow('no service');
    await tenants.close();
    expect(closed).toEqual(['a']);
  });

  it('nobody is taken in once the process closes', async () => {
    const tenants = opened({ tokens });
    await tenants.close();
    expect(() => tenants.of('a')).toThrow('the service is shutting down');
  });

  it('the configuration cannot choose the tenant', () => {
    expect(() => opened({ tokens, tenant: 'a' })).toThrow(
      'tenant: cannot be chosen for services that take tokens (got a); accepted: nothing: every caller has the tenant of its token',
    );
  });
});

describe('without tokens', () => {
  it('there is one tenant, whatever it is called, which has the whole store', async () => {
    const tenants = opened({ insecure: true });
    const one = tenants.of('default');
    expect(tenants.of('a')).toBe(one);
    const digest = await publish(one.platform);
    expect(await tenants.objects.head(`artifacts/${digest.slice('sha256:'.length)}`)).toBeDefined();
  });

  it("the configuration may give it a tenant's part of the store", async () => {
    const tenants = opened({ insecure: true, store: join(folder, 'chosen'), tenant: 'a' });
    await publish(tenants.of('default').platform);
    expect(await tenantsOf(openStore(join(folder, 'chosen')))).toEqual(['a']);
    expect(readdirSync(join(folder, 'chosen'))).toEqual(['.tmp', 'tenants']);
  });
});

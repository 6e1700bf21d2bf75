import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
// eslint-disable-next-line @nx/enforce-module-boundaries -- what is deployed is held against the services' own configuration
import { SERVICES } from '@fathom/platform';
import { describeWithTool } from './go-tool.fixture.js';

const { load } = jest.requireActual<{ load: (text: string) => unknown }>('js-yaml'); // it has no types
const ROOT = resolve(__dirname, '..');
const text = readFileSync(join(ROOT, 'compose.yaml'), 'utf8');

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cap_drop: readonly string[];
  readonly mem_limit: string;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
}
/** What the Compose Specification's implementation makes of the file, as far as it is looked at here. */
interface Model {
  readonly services: Readonly<
    Record<string, { readonly depends_on?: object; readonly volumes?: readonly { readonly type: string; readonly source: string }[] }>
  >;
  readonly volumes: object;
}
const { services } = load(text) as { services: Readonly<Record<string, Service>> };

test.each(Object.entries(services))('%s has a version, a limit and few rights, and listens on this machine alone', (_name, service) => {
  expect(service.image).toMatch(/:[\w.-]*\d[\w.-]*$/);
  expect([service.cap_drop, typeof service.mem_limit]).toEqual([['ALL'], 'string']);
  for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  for (const [name, value] of Object.entries(service.environment ?? {}))
    if (/KEY|PASSWORD|SECRET|USER$/.test(name)) expect([name, value]).toEqual([name, expect.stringMatching(/^\$\{\w+:\?\}$/)]);
  for (const volume of service.volumes ?? []) if (volume.startsWith('./')) expect(existsSync(join(ROOT, volume.split(':')[0]!))).toBe(true);
});

test('each service of Fathom runs, from an image whose files it cannot change', () => {
  for (const name of SERVICES) expect(services[name]).toMatchObject({ command: ['serve', name], read_only: true });
});

test('Prometheus reads all of them', () => {
  const { scrape_configs } = load(readFileSync(join(ROOT, 'deploy/prometheus/compose.yml'), 'utf8')) as {
    scrape_configs: readonly { readonly static_configs: readonly { readonly targets: readonly string[] }[] }[];
  };
  expect(scrape_configs[0]!.static_configs[0]!.targets).toEqual(SERVICES.map((name) => `${name}:9464`));
});

describeWithTool('compose-spec', 'compose.yaml, read by the implementation of the Compose Specification', (program) => {
  const variables = [...new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name!))];
  const filledIn = text.replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_whole, name: string) => (name === 'FATHOM_SECRETS' ? './deploy/secrets' : `a-${name}`));
  /** What it makes of a file, with paths from the root of the repository. */
  const read = (content: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'fathom-compose-'));
    try {
      const file = join(folder, 'compose.yaml');
      writeFileSync(file, content);
      return spawnSync(program, ['-format', 'json', file], { cwd: ROOT, encoding: 'utf8', env: {} });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('conforms to it, and its services are those that are meant', () => {
    const { status, stdout, stderr } = read(filledIn);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const model = JSON.parse(stdout) as Model;
    for (const { depends_on = {}, volumes = [] } of Object.values(model.services)) {
      expect(Object.keys(services)).toEqual(expect.arrayContaining(Object.keys(depends_on)));
      const named = volumes.filter(({ type }) => type === 'volume').map(({ source }) => source);
      expect(Object.keys(model.volumes)).toEqual(expect.arrayContaining(named));
    }
    expect(Object.keys(model.services).sort()).toEqual(Object.keys(services).sort());
    for (const name of SERVICES)
      expect(model.services[name]).toMatchObject({
        command: ['serve', name],
        depends_on: { 'store-setup': { condition: 'service_completed_successfully', required: true } },
        environment: { FATHOM_S3_ENDPOINT: 'http://store:9000', FATHOM_S3_SECRET_KEY: 'a-STORE_SECRET_KEY' },
      });
  });

  test('does not start without its secrets', () => {
    const { status, stderr } = read(text);
    expect(status).toBe(1);
    for (const name of variables) expect(stderr).toContain(`required variable ${name} is missing a value`);
  });

  test.each([
    ['a key that nobody knows', 'read_only: true', 'readonly: true', 'readonly'],
    ['a condition that nobody knows', 'service_completed_successfully', 'service_done', 'condition'],
    ['a limit that is no size', 'mem_limit: 6g', 'mem_limit: [6g]', 'mem_limit'],
  ])('%s would be found', (_what, good, bad, message) => {
    expect(read(filledIn.replace(good, bad))).toMatchObject({ status: 1, stderr: expect.stringContaining(message) as string });
  });
});

test('secrets are made once, for their owner alone, and hold every variable that is asked for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-secrets-'));
  try {
    const secrets = join(folder, 'secrets');
    const make = () => spawnSync(process.execPath, [join(ROOT, 'deploy/make-secrets.mjs'), secrets], { encoding: 'utf8' });
    expect(make()).toMatchObject({ status: 0, stderr: '' });
    const env = readFileSync(join(secrets, 'env'), 'utf8');
    expect(make().stdout).toContain('is there already');
    expect(readFileSync(join(secrets, 'env'), 'utf8')).toBe(env);
    const asked = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
    for (const name of asked) expect(env).toMatch(new RegExp(`^${name}=.{3,}$`, 'm'));
    for (const file of ['services.key', 'client.key', 'study.token', 'client.token', 'env'])
      expect(statSync(join(secrets, file)).mode & 0o077).toBe(0);
    expect(existsSync(join(secrets, 'ca.key'))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

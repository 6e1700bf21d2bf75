import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
// eslint-disable-next-line @nx/enforce-module-boundaries -- what is deployed is held against the services' own configuration
import { SERVICES } from '@fathom/platform';

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

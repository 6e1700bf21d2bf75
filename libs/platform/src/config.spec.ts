import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { InputError } from '@fathom/errors';
import { loadConfig, SERVICES } from './config.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (text: string): string => {
  const path = join(folder, 'config.json');
  writeFileSync(path, text);
  return path;
};
const refused = (sources: Parameters<typeof loadConfig>[0], field: string) =>
  expect(() => loadConfig({ env: {}, ...sources })).toThrow(expect.objectContaining({ name: 'InputError', field }));

describe('configuration', () => {
  it('needs nothing', () => {
    const config = loadConfig({ env: {} });
    expect(config).toMatchObject({ store: { location: resolve('.fathom') }, engine: 'onnxruntime', maxRunningOperations: 256, inputRoots: [] });
    expect(config.threads).toBeGreaterThanOrEqual(1);
    expect(SERVICES.map((name) => config.addresses[name])).toEqual([7301, 7302, 7303, 7304, 7305, 7306].map((port) => `127.0.0.1:${port}`));
  });

  it('comes from the file, then the environment, then overrides; the later wins', () => {
    const path = file(
      JSON.stringify({ store: '/from/file', threads: 3, maxRunningOperations: 7, inputRoots: ['/a'], addresses: { study: 'unix:/s' } }),
    );
    const env = { FATHOM_CONFIG: path, FATHOM_STORE: '/from/env', FATHOM_THREADS: '4', FATHOM_ENGINE: 'tensorflow', FATHOM_INPUT_ROOTS: '/b:/c' };
    const config = loadConfig({ env, overrides: { threads: 5 } });
    expect(config).toMatchObject({
      store: { location: '/from/env' },
      threads: 5,
      engine: 'tensorflow',
      maxRunningOperations: 7,
      inputRoots: ['/b', '/c'],
    });
    expect(config.addresses).toMatchObject({ study: 'unix:/s', activation: '127.0.0.1:7301' });
  });

  it('takes an empty variable for none', () => {
    expect(loadConfig({ env: { FATHOM_THREADS: '', FATHOM_STORE: '' }, overrides: { threads: 2 } })).toMatchObject({
      threads: 2,
      store: { location: resolve('.fathom') },
    });
  });

  it('opens S3 with credentials from the environment, and has none of its own', () => {
    const env = {
      FATHOM_STORE: 's3://bucket/prefix',
      FATHOM_S3_ENDPOINT: 'http://127.0.0.1:9000',
      FATHOM_S3_ACCESS_KEY: 'a',
      FATHOM_S3_SECRET_KEY: 's',
    };
    expect(loadConfig({ env }).store).toEqual({
      location: 's3://bucket/prefix',
      s3: { endpoint: 'http://127.0.0.1:9000', accessKey: 'a', secretKey: 's' },
    });
    expect(loadConfig({ env: { FATHOM_STORE: 's3://bucket' } }).store).toEqual({ location: 's3://bucket' });
    const s3 = { endpoint: 'e', accessKey: 'b', secretKey: 't' };
    expect(loadConfig({ env, overrides: { store: { location: 's3://other', s3 } } }).store).toEqual({ location: 's3://other', s3 });
  });

  it("takes a tenant's part of the store, also of a name of digits", () => {
    expect(loadConfig({ env: { FATHOM_TENANT: '12' } }).store).toEqual({ location: resolve('.fathom'), tenant: '12' });
    expect(loadConfig({ env: {}, overrides: { store: '/s', tenant: 'team-a' } }).store).toEqual({ location: '/s', tenant: 'team-a' });
    for (const tenant of ['', '../a', 'a/b', 'Team', '-a', 'a'.repeat(64), 7])
      expect(() => loadConfig({ env: {}, overrides: { tenant } })).toThrow(
        expect.objectContaining({
          field: 'tenant',
          value: String(tenant),
          accepted: '1 to 63 lower-case letters, digits and hyphens, no hyphen first',
        }) as Error,
      );
  });

  it.each([
    ['a store of the wrong kind', '{"store": {"locations": "s3://b", "s3": {"secretKey": "TOPSECRET"}}}'],
    ['a misspelt store', '{"stores": {"location": "s3://b", "s3": {"secretKey": "TOPSECRET"}}}'],
    ['a misspelt part of a store', '{"store": {"location": "s3://b", "S3": {"secretKey": "TOPSECRET"}}}'],
    ['no JSON', '{"secretKey": TOPSECRET}'],
    ['no object', '["TOPSECRET"]'],
  ])('tells no secret: %s', (_name, text) => {
    let thrown: unknown;
    try {
      loadConfig({ env: {}, file: file(text) });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InputError);
    expect(inspect(thrown, { depth: null })).not.toContain('TOPSECRET');
  });

  it('shows the text of a variable that is no number', () => {
    expect(() => loadConfig({ env: { FATHOM_THREADS: 'abc' } })).toThrow(
      'threads: is out of range (got abc); accepted: a whole number from 1 to 256',
    );
  });

  it('lists the engines where it is told of another', () => {
    expect(() => loadConfig({ env: { FATHOM_ENGINE: 'numpy' } })).toThrow(
      'engine: is no engine (got numpy); accepted: onnxruntime, tensorflow, reference',
    );
  });

  it('names what is wrong', () => {
    refused({ file: file('{"thread": 2}') }, 'thread');
    refused({ overrides: { threads: 0 } }, 'threads');
    refused({ overrides: { threads: 257 } }, 'threads');
    refused({ env: { FATHOM_THREADS: 'two' } }, 'threads');
    refused({ overrides: { engine: 7 } }, 'engine');
    refused({ overrides: { maxRunningOperations: 1.5 } }, 'maxRunningOperations');
    refused({ overrides: { inputRoots: '/a' } }, 'inputRoots');
    refused({ env: { FATHOM_INPUT_ROOTS: '/a:' } }, 'inputRoots');
    refused({ overrides: { addresses: [] } }, 'addresses');
    refused({ overrides: { addresses: { reports: '127.0.0.1:1' } } }, 'addresses.reports');
    refused({ overrides: { addresses: { study: 7306 } } }, 'addresses.study');
    refused({ overrides: { store: 7 } }, 'store');
    refused({ overrides: { store: { path: '/a' } } }, 'store');
    refused({ overrides: { store: { location: '/a', s4: {} } } }, 'store.s4');
    const path = file('[1]');
    refused({ file: path }, path);
    refused({ file: file('{"a":') }, path);
    expect(() => loadConfig({ env: { FATHOM_CONFIG: join(folder, 'none.json') } })).toThrow(expect.objectContaining({ reason: 'NOT_FOUND' }));
  });
});

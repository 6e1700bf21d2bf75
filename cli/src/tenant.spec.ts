import { execFileSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { complaints, expectComplaint, fathom, ROOT, testFolder, type Ended } from './run-fathom.fixture.js';
import { MATERIAL, tinyStudy, writeStudy } from './small-study.fixture.js';

jest.setTimeout(120_000);

const root = testFolder();
const SERVICES = ['activation', 'dictionary', 'complexity', 'importance', 'robustness', 'study'];
const config = join(root, 'config.json');
const store = join(root, 'store');
const tokenOf = (tenant: string, scope: string): string => {
  const file = join(root, `${tenant}.token`);
  writeFileSync(file, execFileSync(process.execPath, [join(ROOT, 'docs/examples/trial-token.mjs'), root, tenant, scope]));
  return file;
};

describe('with services that take tokens', () => {
  const file = writeStudy(root, tinyStudy());
  let server: ChildProcess;
  let served: Promise<Ended>;
  let study: string;
  const local = (...args: readonly string[]): Promise<Ended> => fathom([...args, '--store', store, '--json']);

  beforeAll(async () => {
    mkdirSync(join(root, 's'));
    const addresses = Object.fromEntries(SERVICES.map((name) => [name, `unix:${join(root, 's', name)}`]));
    const tokens = { issuer: 'trial', audience: 'fathom', jwksFile: join(root, 'jwks.json') };
    const clientTokenFile = tokenOf('fathom', 'admin');
    writeFileSync(config, JSON.stringify({ store, inputRoots: [MATERIAL], addresses, tokens, clientTokenFile, insecure: true }));
    await new Promise<void>((listening) => {
      served = fathom(['serve', '--config', config], {
        onStart: (child) => {
          server = child;
          let said = '';
          child.stdout!.on('data', (text: string) => {
            said += text;
            if (SERVICES.every((name) => said.includes(`${name} listens on`))) listening();
          });
        },
      });
    });
  });
  afterAll(async () => {
    server.kill('SIGINT');
    await served;
  });

  test('a study is run there, and its results are read, in the part of the store that is of the token’s tenant', async () => {
    const env = { FATHOM_CLIENT_TOKEN_FILE: tokenOf('team-a', 'read run register') };
    const out = join(root, 'out');
    const ended = await fathom(['study', 'run', file, '--remote', '--config', config, '--out', out, '--json'], { env });
    expect([ended.code, complaints(ended.err)]).toEqual([0, []]);
    ({ study } = JSON.parse(ended.out) as { study: string });
  });

  test('--tenant says whose part of the store a command is about', async () => {
    expect(JSON.parse((await local('artifacts', 'ls', '--tenant', 'team-a')).out)).not.toEqual([]);
    expect(JSON.parse((await local('study', 'show', '--tenant', 'team-a')).out)).toMatchObject([{ name: study }]);
    for (const other of [[], ['--tenant', 'team-b']]) {
      expect(JSON.parse((await local('artifacts', 'ls', ...other)).out)).toEqual([]);
      expect(JSON.parse((await local('study', 'show', ...other)).out)).toEqual([]);
    }
    expectComplaint(await local('artifacts', 'ls', '--tenant', '../x'), 2, ['tenant: is no name of a tenant', 'lower-case letters']);
    expectComplaint(await fathom(['serve', '--config', config, '--tenant', 'team-a']), 2, ['tenant: cannot be chosen for services that take tokens']);
  });
});

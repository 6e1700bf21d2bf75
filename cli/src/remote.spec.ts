import { type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { complaints, expectComplaint, fathom, testFolder, type Ended } from './run-fathom.fixture.js';
import { MATERIAL, tinyStudy, writeStudy } from './small-study.fixture.js';

jest.setTimeout(120_000);

const root = testFolder();
const file = writeStudy(root, tinyStudy());
const sockets = join(root, 's');
mkdirSync(sockets);
const services = ['activation', 'dictionary', 'complexity', 'importance', 'robustness', 'study'];
const config = join(root, 'config.json');
const store = join(root, 'store');
writeFileSync(
  config,
  JSON.stringify({ store, inputRoots: [MATERIAL], addresses: Object.fromEntries(services.map((name) => [name, `unix:${join(sockets, name)}`])) }),
);

const remote = (...args: readonly string[]): Promise<Ended> => fathom([...args, '--remote', '--config', config, '--json']);

describe('--remote with services in another process', () => {
  let server: ChildProcess;
  let served: Promise<Ended>;

  beforeAll(async () => {
    await new Promise<void>((listening) => {
      served = fathom(['serve', '--insecure', '--config', config], {
        onStart: (child) => {
          server = child;
          let said = '';
          child.stdout!.on('data', (text: string) => {
            said += text;
            if (services.every((name) => said.includes(`${name} listens on`))) listening();
          });
        },
      });
    });
  });

  test('runs a study there, and finds it; Ctrl-C ends the server without a complaint', async () => {
    const out = join(root, 'out');
    const ended = await remote('study', 'run', file, '--out', out);
    expect([ended.code, complaints(ended.err)]).toEqual([0, []]);
    const { study, artifact } = JSON.parse(ended.out) as { study: string; artifact: string };
    const watched = await remote('study', 'watch', 'tiny');
    expect(JSON.parse(watched.out)).toEqual({ study, artifact });
    const alone = await fathom(['study', 'run', file, '--out', join(root, 'alone'), '--store', join(root, 'alone-store'), '--json']);
    expect(JSON.parse(alone.out)).toMatchObject({ artifact });
    const scores = (folder: string): object => ({ ...(JSON.parse(readFileSync(join(folder, 'scores.json'), 'utf8')) as object), study: null });
    expect(scores(join(root, 'alone'))).toEqual(scores(out));
    server.kill('SIGINT');
    const { code, err } = await served;
    expect([code, err.split('\n').filter((line) => line !== '' && !line.startsWith('{'))]).toEqual([0, []]);
  });

  test('says which address nobody answers at', async () => {
    const gone = await remote('study', 'show');
    expectComplaint(gone, 6, ['UNAVAILABLE', join(sockets, 'study')]);
  });
});

import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectComplaint, fathom, testFolder, type Ended } from './run-fathom.fixture.js';
import { MATERIAL, tinyStudy, writeStudy } from './small-study.fixture.js';

jest.setTimeout(120_000);

const root = testFolder();
const file = writeStudy(root, tinyStudy());
const sockets = join(root, 's');
mkdirSync(sockets);
const names = ['activation', 'dictionary', 'complexity', 'importance', 'robustness', 'study'];
const config = join(root, 'config.json');
const addresses = Object.fromEntries(names.map((name) => [name, `unix:${join(sockets, name)}`]));
writeFileSync(config, JSON.stringify({ store: join(root, 'store'), inputRoots: [MATERIAL], addresses, insecure: true }));

const top = (...args: readonly string[]): Promise<Ended> => fathom(['top', '--config', config, ...args]);

interface Line {
  readonly type: string;
  readonly service: string;
  readonly health: string;
  readonly job: string;
  readonly state: string;
  readonly partsDone: number;
  readonly partsTotal: number;
  readonly counts: Readonly<Record<string, number>>;
}

async function seen(): Promise<Line[]> {
  const { code, out } = await top('--json');
  expect(code).toBe(0);
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

test('where nobody answers, says so of each service, and ends with the code of an unreachable service', async () => {
  const ended = await top('--once');
  expect(ended.out.split('\n').filter((line) => line.includes('unreachable'))).toHaveLength(6);
  expectComplaint({ ...ended, out: '' }, 6, ['no service answers', join(sockets, 'study')]);
});

describe('with services that run', () => {
  let server: ChildProcess;
  let served: Promise<Ended>;
  beforeAll(async () => {
    await new Promise<void>((listening) => {
      served = fathom(['serve', '--config', config, 'activation', 'dictionary', 'complexity', 'importance', 'study'], {
        onStart: (child) => {
          server = child;
          let said = '';
          child.stdout!.on('data', (text: string) => {
            said += text;
            if (said.includes('study listens on')) listening();
          });
        },
      });
    });
  });
  afterAll(async () => {
    server.kill('SIGINT');
    await served;
  });

  test('a study that runs is shown with its progress, and what has succeeded is counted', async () => {
    const before = await seen();
    expect(before.map(({ type, service, health }) => [type, service, health])).toEqual(
      names.map((name) => ['service', name, name === 'robustness' ? 'unreachable' : 'serving']),
    );
    let client: ChildProcess | undefined;
    const studied = fathom(['study', 'run', file, '--out', join(root, 'out'), '--remote', '--config', config], {
      onStart: (child) => (client = child),
    });
    let lines: Line[];
    // The study cannot end: one of its services is not there.
    do lines = await seen();
    while (
      !lines.some(({ type, counts }) => type === 'service' && (counts['succeeded'] ?? 0) > 2) ||
      !lines.some(({ job, partsDone }) => job === 'study.run' && partsDone > 0)
    );
    const study = lines.find(({ job }) => job === 'study.run')!;
    expect(study).toMatchObject({ type: 'operation', service: 'study', state: 'running' });
    expect(study.partsDone).toBeGreaterThan(0);
    const table = await top('--once');
    expect(table.code).toBe(0);
    expect(table.out).toMatch(/^study +serving +1 running, 0 waiting, 0 succeeded, 0 failed/m);
    expect(table.out).toMatch(/^study\.run +[0-9a-f]{8} +running +[█░]{12} +\d+ +\d+\/\d+/m);
    expect(table.out).not.toMatch(/succeeded *[█░]/);
    client!.kill('SIGINT');
    await studied;
    do lines = await seen();
    while (lines.find(({ job }) => job === 'study.run')!.state === 'running');
    expect(lines.find(({ job }) => job === 'study.run')).toMatchObject({ state: 'cancelled' });
  });
});

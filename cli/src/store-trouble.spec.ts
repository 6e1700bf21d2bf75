import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import { openStore } from '@fathom/store';
import { complaints, expectComplaint, fathom, testFolder, type Ended } from './run-fathom.fixture.js';
import { tinyStudy, writeStudy } from './small-study.fixture.js';

jest.setTimeout(120_000);

const mounts: string[] = [];
afterAll(() => mounts.forEach((at) => execFileSync('umount', [at], { stdio: 'ignore' })));
const root = testFolder();
const file = writeStudy(root, tinyStudy());
const run = (store: string, out = join(root, 'out')): Promise<Ended> => fathom(['study', 'run', file, '--store', store, '--out', out]);

/** A file system of its own, where this user may make one; told to what `npm test` says at its end where not. */
function mounted(name: string, options: string): string | undefined {
  const at = join(root, name);
  mkdirSync(at);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at], { stdio: 'ignore' });
  } catch {
    const record = process.env['FATHOM_LEFT_OUT'];
    if (record) appendFileSync(record, `the command on a ${name}: this user may not mount a file system\n`);
    return undefined;
  }
  mounts.push(at);
  return at;
}

test('a full disk is said in one line, and every artifact that is there can be read', async () => {
  const disk = mounted('full disk', 'size=600k');
  if (disk === undefined) return;
  expectComplaint(await run(join(disk, 'store')), 5, [/full|no room|no space/i, disk]);
  const artifacts = new ArtifactStore(openStore(join(disk, 'store')));
  for await (const { digest } of artifacts.list())
    for (const name of Object.keys((await artifacts.open(digest)).tensors)) await (await artifacts.open(digest)).tensor(name);
  expect(existsSync(join(root, 'out'))).toBe(false);
});

test('a full disk for the results leaves no half file', async () => {
  const disk = mounted('full disk for results', 'size=64k');
  if (disk === undefined) return;
  const ended = await run(join(root, 'results-store'), join(disk, 'report'));
  expectComplaint(ended, 5, [join(disk, 'report'), 'full']);
  expect(readdirSync(join(disk, 'report'))).toEqual([]);
});

describe('a place that is read-only', () => {
  /** A folder that nobody, not even root, can write to; undefined where there is none. */
  const readOnly = (name: string): string | undefined => {
    if (process.getuid?.() === 0) return mounted(name, 'ro');
    mkdirSync(join(root, name));
    chmodSync(join(root, name), 0o500);
    return join(root, name);
  };

  test('is said where it is the store', async () => {
    const folder = readOnly('read-only store');
    if (folder !== undefined) expectComplaint(await run(join(folder, 'store')), 5, [folder, /read-only/i]);
  });

  test('is said before the work where it is for the results', async () => {
    const folder = readOnly('read-only results');
    if (folder === undefined) return;
    const store = join(root, 'never-used');
    expectComplaint(await run(store, join(folder, 'report')), 5, [join(folder, 'report'), 'read-only']);
    expect(existsSync(store)).toBe(false);
  });
});

describe('a store that was damaged', () => {
  const store = join(root, 'damaged');
  let steps: Record<string, string>;
  let artifact: string;

  beforeAll(async () => {
    const ended = await fathom(['study', 'run', file, '--store', store, '--out', join(root, 'damaged-out'), '--json']);
    expect([ended.code, complaints(ended.err)]).toEqual([0, []]);
    ({ artifact } = JSON.parse(ended.out) as { artifact: string });
    ({ steps } = (await new ArtifactStore(openStore(store)).open(artifact)).attributes as { steps: Record<string, string> });
  });

  const spoilt = async (path: string, check: () => Promise<void>): Promise<void> => {
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.from(bytes).fill(bytes[20]! ^ 1, 20, 21));
    try {
      await check();
    } finally {
      writeFileSync(path, bytes);
    }
  };

  test('names the object whose bytes do not match its digest', async () => {
    const { manifest } = await new ArtifactStore(openStore(store)).open(steps['epoch-15/codes']!);
    const { key } = manifest.shards[0]!;
    const out = join(root, 'codes.safetensors');
    await spoilt(join(store, key), async () => {
      expectComplaint(await fathom(['artifacts', 'get', steps['epoch-15/codes']!, '--out', out, '--store', store]), 5, [key, 'damaged', 'SHA-256']);
      expect(existsSync(out)).toBe(false);
      const again = await run(store);
      expectComplaint(again, 5, [key, 'damaged']);
      expect(existsSync(join(root, 'out'))).toBe(false);
    });
  });

  test('names a manifest too', async () => {
    const pointer = readFileSync(join(store, 'artifacts', artifact.slice('sha256:'.length)), 'utf8');
    const { manifest } = JSON.parse(pointer) as { manifest: string };
    await spoilt(join(store, 'blobs', manifest.slice(0, 2), manifest), async () =>
      expectComplaint(await fathom(['study', 'verify', 'tiny', '--store', store]), 5, [manifest, 'damaged']),
    );
  });

  test('says which artifact is missing', async () => {
    const digest = steps['epoch-15/complexity']!;
    rmSync(join(store, 'artifacts', digest.slice('sha256:'.length)));
    expectComplaint(await fathom(['artifacts', 'get', digest, '--store', store]), 3, [digest]);
    const ended = await fathom(['study', 'verify', 'tiny', '--store', store]);
    expect([ended.code, complaints(ended.err)]).toEqual([4, []]);
    expect(ended.out).toContain(`DIFFERENT    epoch-15/complexity  stored ${digest}, recomputed ${digest}: there is no artifact ${digest}`);
    expect(ended.out).toMatch(/^\d+ artifacts: \d+ same bits, 0 within 1e-4, 1 different$/m);
  });
});

describe('fathom serve', () => {
  test('refuses a service that does not exist', async () => {
    expectComplaint(await fathom(['serve', 'activation', 'telepathy']), 2, [
      'service',
      'telepathy',
      'activation, dictionary, complexity, importance, robustness, study',
    ]);
  });

  test('says which address is taken', async () => {
    const server = createServer();
    const port = await new Promise<number>((done) => server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port)));
    const config = join(root, 'taken.json');
    writeFileSync(config, JSON.stringify({ addresses: { study: `127.0.0.1:${port}` } }));
    try {
      expectComplaint(await fathom(['serve', 'study', '--insecure', '--config', config, '--store', join(root, 'served')]), 6, [`127.0.0.1:${port}`]);
    } finally {
      server.close();
    }
  });
});

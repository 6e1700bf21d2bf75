import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InputError, unwatched } from '@fathom/errors';
import { tryNetwork, type TrialOptions } from './network-trial.js';
import { network, twoBlocks } from './networks.fixture.js';
import { onnxFile, type FileNode } from './onnx-file.fixture.js';

jest.setTimeout(60_000);

const BUILT = resolve(__dirname, '../dist/trial-process.js');
const good = onnxFile(twoBlocks());
const options: TrialOptions = { taps: [], batch: 2, limits: {}, seconds: 50, memoryBytes: 2 ** 31, script: BUILT };

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'fathom-trial-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** Options with another script in the process's place; `answer(text)` answers and ends. */
function scripted(body: string, change: Partial<TrialOptions> = {}): TrialOptions {
  const script = join(folder, 'script.js');
  writeFileSync(script, `const fs = require('node:fs'); const answer = (text) => { fs.writeSync(3, text); process.exit(0); };\n${body}`);
  return { ...options, script, ...change };
}

/** What a trial is refused with, after whether a good network is still taken. */
async function refusal(bytes: Uint8Array, how: TrialOptions): Promise<unknown> {
  const [error] = await Promise.all([
    tryNetwork(bytes, how).then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
    tryNetwork(good, options),
  ]);
  return error;
}

const unsupported = (message: string) => expect.objectContaining({ reason: 'UNSUPPORTED_MODEL', message: expect.stringContaining(message) });
const ENDED = 'model: the process that it was tried in';

describe('the trial of a network', () => {
  it('passes where the network can be read and run', async () => {
    await tryNetwork(good, options);
    await tryNetwork(good, { ...options, taps: ['a.add', 'stem'] });
    await tryNetwork(readFileSync(resolve(__dirname, '../../../models/fashion/checkpoints/epoch-15.onnx')), options);
  });

  it('counts no memory of the process that asks for it', async () => {
    const memoryBytes = 2 ** 29;
    const held = Buffer.alloc(memoryBytes, 1);
    await tryNetwork(good, { ...options, memoryBytes });
    expect(held).toHaveLength(memoryBytes);
  });

  it('goes by the limits that it is told, of more than the usual too', async () => {
    const many: FileNode = ['Constant', [], ['many'], { value: { tensor: { dims: [1, 1, 1, 1, 1, 1, 1, 1, 1], values: [1] } } }];
    const bytes = onnxFile(network([many, ['Relu', ['stem'], ['y']]], 'y'));
    expect(await refusal(bytes, { ...options, taps: ['y'] })).toMatchObject({ accepted: 'at most 8 dimensions' });
    await tryNetwork(bytes, { ...options, taps: ['y'], limits: { maxDimensions: 9 } });
  });

  it('fails with the error that reading or running it ends with', async () => {
    const wrong = await refusal(Buffer.from('PK'), options);
    expect(wrong).toBeInstanceOf(InputError);
    expect(wrong).toMatchObject({ field: 'model', message: expect.stringContaining('not an ONNX file') });
    expect(await refusal(good, { ...options, taps: ['nowhere'] })).toMatchObject({ name: 'InputError', field: 'taps', value: 'nowhere' });
    expect(await refusal(good, { ...options, limits: { maxNodes: 3 } })).toMatchObject({ accepted: 'at most 3 operators' });
    const loop: FileNode = ['Loop', ['', '', 'stem'], ['y']];
    expect(await refusal(onnxFile(network([loop], 'y')), options)).toEqual(unsupported('operator Loop of node "y" is not accepted'));
    const unfit: FileNode = ['MatMul', ['stem', 'head.weight'], ['y']];
    expect(await refusal(onnxFile(network([unfit], 'y')), { ...options, taps: ['y'] })).toEqual(unsupported('model: onnxruntime refuses it'));
  });

  it('fails where the network takes more memory than it may, and the rest goes on', async () => {
    // A GiB, of a file of a few bytes.
    const nodes: FileNode[] = [
      ['ConstantOfShape', ['sizes'], ['many']],
      ['ReduceSum', ['many'], ['one'], { keepdims: { int: 0 } }],
      ['Add', ['stem', 'one'], ['y']],
    ];
    const bytes = onnxFile(network(nodes, 'y', { sizes: { dims: [2], values: [2 ** 14, 2 ** 14], type: 7 } }));
    const taken = await refusal(bytes, { ...options, taps: ['stem', 'y'], memoryBytes: 2 ** 29 });
    expect(taken).toEqual(unsupported(`${ENDED} took more than 536870912 bytes of memory; accepted: a network that is read and run within limits.`));
  });

  it('fails where its process takes more memory than it may, in or beside what JavaScript holds', async () => {
    const beside = scripted('const all = []; setInterval(() => all.push(Buffer.alloc(2 ** 24, 1)), 1);', { memoryBytes: 2 ** 28 });
    expect(await refusal(good, beside)).toEqual(unsupported(`${ENDED} took more than 268435456 bytes of memory`));
    const within = scripted('const all = []; for (;;) all.push({ all });', { memoryBytes: 2 ** 28 });
    expect(await refusal(good, within)).toEqual(unsupported(ENDED));
  });

  it.each([
    ["process.kill(process.pid, 'SIGSEGV');", 'was ended by SIGSEGV'],
    ['process.abort();', 'was ended by SIGABRT'],
    ["process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 1e6);", 'was ended by SIGKILL'],
    ['process.exit(3);', 'ended with exit code 3 and no answer'],
    ["throw new Error('x');", 'ended with exit code 1 and no answer'],
    ['fs.readSync(0, Buffer.alloc(4)); answer("");', 'ended with exit code 0 and no answer'],
  ])('fails where its process does not answer, and the rest goes on: %s', async (body, message) => {
    expect(await refusal(good, scripted(body))).toEqual(unsupported(`${ENDED} ${message}; accepted: a network that runs to its end`));
  });

  it.each([
    ['no JSON', '"garbage"'],
    ['no answer', 'JSON.stringify([{ passed: true }])'],
    ['half of one', `JSON.stringify({ passed: false })`],
    ['an unknown reason', `JSON.stringify({ passed: false, error: { reason: 'NOT_FOUND', message: 'x', metadata: {} } })`],
    ['a message that is no text', `JSON.stringify({ passed: false, error: { reason: 'INVALID_INPUT', message: 5, metadata: {} } })`],
    ['facts that are no texts', `JSON.stringify({ passed: false, error: { reason: 'INVALID_INPUT', message: 'x', metadata: { field: {} } } })`],
    ['an endless one', `JSON.stringify({ passed: true, more: 'x'.repeat(2 ** 20) })`],
  ])('fails where its process answers with %s', async (_what, text) => {
    expect(await refusal(good, scripted(`answer(${text});`))).toEqual(unsupported(ENDED));
  });

  it('fails where its process does not end in time, and takes what that has started with it', async () => {
    const told = join(folder, 'inner');
    const body = `const { pid } = require('node:child_process').spawn('sleep', ['1000']); fs.writeFileSync(${JSON.stringify(told)}, String(pid)); for (;;);`;
    expect(await refusal(good, scripted(body, { seconds: 2 }))).toEqual(
      unsupported(`${ENDED} did not end within 2 s; accepted: a network that is read and run within limits.modelSeconds`),
    );
    const inner = Number(readFileSync(told, 'utf8'));
    while (isAlive(inner)) await new Promise((done) => setTimeout(done, 10));
  });

  it('is stopped where nobody wants it any more', async () => {
    let looks = 0;
    const throwIfCancelled = (): void => {
      if ((looks += 1) > 5) throw new Error('cancelled');
    };
    expect(await refusal(good, scripted('for (;;);', { control: { ...unwatched, throwIfCancelled } }))).toMatchObject({ message: 'cancelled' });
  });

  it('sees nothing of the environment', async () => {
    process.env['FATHOM_TRIAL_SECRET'] = 'secret';
    const body = `answer(JSON.stringify({ passed: false, error: { reason: 'INVALID_INPUT', message: Object.keys(process.env).join(), metadata: {} } }));`;
    const error = await refusal(good, scripted(body));
    delete process.env['FATHOM_TRIAL_SECRET'];
    expect((error as Error).message).toBe('LD_LIBRARY_PATH' in process.env ? 'LD_LIBRARY_PATH' : '');
  });

  it('says where no process can be started', async () => {
    const executable = process.execPath;
    Object.defineProperty(process, 'execPath', { value: join(folder, 'nowhere') });
    try {
      await expect(tryNetwork(good, options)).rejects.toMatchObject({
        reason: 'RESOURCE_EXHAUSTED',
        message: expect.stringContaining('no process could be started to try the network in'),
      });
    } finally {
      Object.defineProperty(process, 'execPath', { value: executable });
    }
  });
});

describe('a service without a file descriptor to spare', () => {
  it('says so too, and goes on', () => {
    const body = `
      const fs = require('node:fs');
      const { tryNetwork } = require(${JSON.stringify(resolve(__dirname, '../dist'))});
      const network = fs.readFileSync(${JSON.stringify(resolve(__dirname, '../fixtures/two-blocks.onnx'))});
      const attempt = () => tryNetwork(network, ${JSON.stringify(options)}).then(() => 'passed', (error) => error.reason);
      const open = [];
      try { for (;;) open.push(fs.openSync('/dev/null')); } catch {}
      attempt().then(async (first) => { open.forEach(fs.closeSync); console.log(first, await attempt()); });`;
    const { stdout } = spawnSync('sh', ['-c', 'ulimit -n 60; exec "$0" -e "$1"', process.execPath, body], { encoding: 'utf8' });
    expect(stdout).toBe('RESOURCE_EXHAUSTED passed\n');
  });
});

describe('the process of a trial', () => {
  const guard = JSON.stringify(resolve(__dirname, '../dist/trial-guard.js'));

  it('ends, though it is busy, once the one that waits for it is gone', () => {
    const body = `new (require('node:worker_threads').Worker)(${guard}, { workerData: { parent: 1e9 } }); setTimeout(() => { for (;;); }, 0);`;
    expect(spawnSync(process.execPath, ['-e', body], { timeout: 50_000 }).signal).toBe('SIGKILL');
  });

  it('ends without an answer where it is not told all', async () => {
    const code = await new Promise((ended) => {
      const child = execFile(process.execPath, [BUILT], (error) => ended(error?.code));
      child.stdin!.end(Buffer.from([9, 0, 0, 0, 1]));
    });
    expect(code).toBe(1);
  });
});

/** Whether a process runs; one that only waits to be asked for how it ended does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { complaints, expectComplaint, fathom, testFolder, type Ended } from './run-fathom.fixture.js';
import { filesOf, tinyStudy, writeStudy } from './small-study.fixture.js';
import { writeArrays, f64 } from './arrays.fixture.js';

jest.setTimeout(180_000);

const folder = testFolder();
const file = writeStudy(folder, tinyStudy());
const temporary = join(folder, 'tmp');
mkdirSync(temporary);

const run = (name: string, onStart: (child: ChildProcess) => void = () => undefined): Promise<Ended> =>
  fathom(['study', 'run', file, '--store', join(folder, name), '--out', join(folder, `${name}-report`), '--json'], {
    onStart,
    env: { TMPDIR: temporary },
  });

/** Sends a signal as soon as a share of the steps is done. */
const signalAt = (percent: number, signal: NodeJS.Signals, sent: (at: bigint) => void) => (child: ChildProcess) => {
  let err = '';
  child.stderr!.on('data', (text: string) => {
    err += text;
    const done = Math.max(...[...err.matchAll(/^(\d+) %/gm)].map(([, digits]) => Number(digits)));
    if (done < percent || child.killed) return;
    sent(process.hrtime.bigint());
    child.kill(signal);
  });
};

let undisturbed: { artifact: string };

beforeAll(async () => {
  const ended = await run('undisturbed');
  expect([ended.code, complaints(ended.err)]).toEqual([0, []]);
  undisturbed = JSON.parse(ended.out) as { artifact: string };
});

describe.each([
  ['SIGINT', 30],
  ['SIGTERM', 60],
  ['SIGKILL', 45],
] as const)('a study that %s ends after %d %% of its steps', (signal, percent) => {
  let sent = 0n;
  let took = 0;
  let ended: Ended;

  beforeAll(async () => {
    ended = await run(
      signal,
      signalAt(percent, signal, (at) => (sent = at)),
    );
    took = Number(process.hrtime.bigint() - sent) / 1e6;
  });

  if (signal === 'SIGKILL') test('is gone', () => expect(ended.signal).toBe('SIGKILL'));
  else
    test('ends soon with code 130 and a sentence, and leaves nothing in the folder for temporary files', () => {
      expect([ended.code, ended.signal]).toEqual([130, null]);
      expect(complaints(ended.err)).toEqual(['{"error":{"reason":"CANCELLED","message":"interrupted","metadata":{}}}']);
      // 2 s on a machine that does nothing else.
      expect(took).toBeLessThan(4_000);
      expect(readdirSync(temporary)).toEqual([]);
      expect(existsSync(join(folder, `${signal}-report`))).toBe(false);
    });

  if (signal === 'SIGKILL')
    test('is taken over by whoever watches it, once its lease is over', async () => {
      const copy = join(folder, `${signal}-copy`);
      cpSync(join(folder, signal), copy, { recursive: true });
      expect(await fathom(['study', 'watch', 'tiny', '--store', copy])).toMatchObject({ code: 0 });
    });
  else
    test('is not watched in vain', async () => {
      expectComplaint(await fathom(['study', 'watch', 'tiny', '--store', join(folder, signal)]), 2, ['is not running', '"fathom study run"']);
    });

  test('goes on where it was: no finished part is computed again, and the result is that of an undisturbed run', async () => {
    const finished = [...filesOf(join(folder, signal))].filter(([path]) => /^(parts|results|artifacts|blobs)\//.test(path));
    expect(finished.filter(([path]) => path.startsWith('parts/')).length).toBeGreaterThan(0);
    const again = await run(signal);
    expect([again.code, complaints(again.err)]).toEqual([0, []]);
    expect(JSON.parse(again.out)).toMatchObject({ artifact: undisturbed.artifact });
    const after = filesOf(join(folder, signal));
    expect(finished.filter(([path, facts]) => after.get(path) !== facts)).toEqual([]);
  });
});

test('a second Ctrl-C ends the command at once, as code 130 to a shell; never by a crash', async () => {
  const before = readdirSync(temporary);
  const ended = await run('twice', (child) => {
    child.stderr!.once('data', () => {
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGINT'), 20);
    });
  });
  // Ended by the signal, or by itself where the work stopped before the second.
  expect(ended.signal ?? ended.code).toBe(ended.signal === null ? 130 : 'SIGINT');
  expect(complaints(ended.err)).toEqual([expect.stringContaining('interrupted')]);
  expect(readdirSync(temporary)).toEqual(before);
});

test('scoring can be interrupted within a long computation', async () => {
  const arrays = join(folder, 'arrays');
  // A probe of 1,500 channels solves for seconds without a pause.
  writeArrays(arrays, {
    'layers.safetensors': [f64('layer', [1600, 1500], (i) => ((i * 2654435761) % 4294967296) / 4294967296)],
    'codes.safetensors': [f64('z', [1600, 2], (i) => (i * 7919) % 101)],
  });
  const out = join(folder, 'scores.json');
  const ended = await fathom(['score', arrays, '--out', out], {
    onStart: (child) => child.stderr!.once('data', () => setTimeout(() => child.kill('SIGINT'), 700)),
  });
  // Ended by itself, or by the signal where a task did not stop soon enough: code 130 to a shell either way, and never a crash.
  expect([130, 'SIGINT']).toContain(ended.signal ?? ended.code);
  expect(complaints(ended.err)).toEqual([expect.stringContaining('interrupted; run the same command again to go on')]);
  expect(existsSync(out)).toBe(false);
});

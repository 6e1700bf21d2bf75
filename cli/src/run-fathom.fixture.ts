import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The repository's root. */
export const ROOT = resolve(__dirname, '../..');

/** The real command, as it was built. */
export const COMMAND = join(ROOT, 'cli/bin/fathom.js');

/** How a run of the command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** What a run is given beside its arguments. */
export interface Surroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs the command in a process of its own. */
export function fathom(args: readonly string[], { cwd = tmpdir(), env = {}, onStart }: Surroundings = {}): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('FATHOM_'));
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onStart?.(child);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => done({ code, signal, out, err }));
  });
}

/** A folder that is removed after the tests of the file. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Lines of an error output that are no progress. */
export function complaints(err: string): string[] {
  return err.split('\n').filter((line) => line !== '' && !/^\d+ % \(|^layers, in this order|^checkpoints, in this order/.test(line));
}

/** What every failure looks like: its exit code, and one line that says all of `says`; no stack trace. */
export function expectComplaint({ code, err, out }: Ended, wanted: number, says: readonly (string | RegExp)[]): void {
  expect({ code, lines: complaints(err) }).toEqual({ code: wanted, lines: [expect.stringMatching(/^(fathom: |\{"error":)/)] });
  for (const words of says)
    expect(complaints(err)[0]).toEqual(typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words));
  expect(err + out).not.toMatch(/^\s+at .*[:(]/m);
}

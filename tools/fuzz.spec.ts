import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'fathom-fuzz-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fuzz = (...args: readonly string[]) => spawnSync(process.execPath, [resolve(__dirname, 'fuzz.mjs'), ...args], { encoding: 'utf8' });

/** Fuzzes one parser, whose code sees `bytes`, four bytes that differ from input to input; `odd` is true for about half of them. */
function fuzzed(parse: string) {
  const file = join(folder, 'parsers.cjs');
  const errors = JSON.stringify(resolve(__dirname, '../libs/errors'));
  writeFileSync(
    file,
    `const { FathomError } = require(${errors}); const kept = [];
     const input = ({ below }) => Buffer.from([below(256), below(256), below(256), below(256)]);
     const parse = (bytes) => { const odd = bytes[0] % 2 === 1; ${parse} };
     exports.parsers = async () => [{ name: 'planted', share: 1, input, parse }];`,
  );
  const out = mkdtempSync(join(folder, 'out-'));
  const { status, stdout } = fuzz('--parsers', file, '--inputs', '40', '--stuck-ms', '1000', '--out', out);
  return { status, findings: /(\d+) findings\n$/.exec(stdout)?.[1], kept: readdirSync(out).map((name) => [...readFileSync(join(out, name))]) };
}

describe('npm run fuzz', () => {
  it('lets pass what reads its inputs, or refuses them as it should', () => {
    expect(fuzzed("if (odd) throw new FathomError('CORRUPT_DATA', 'no')")).toEqual({ status: 0, findings: '0', kept: [] });
  });

  it('finds what throws anything else, and keeps the inputs, the same ones each time', () => {
    const found = fuzzed("if (odd) throw new TypeError('x is undefined')");
    expect(found.status).toBe(1);
    expect(Number(found.findings)).toBeGreaterThan(5);
    expect(found.kept).toHaveLength(5);
    expect(found.kept.every(([first]) => first! % 2 === 1)).toBe(true);
    expect(fuzzed("if (odd) throw new FathomError('INTERNAL', 'x')").kept).toEqual(found.kept);
  });

  it('finds what does not end, and goes on behind it', () => {
    const { status, findings, kept } = fuzzed('while (bytes[0] < 12 && bytes[1] < 128);');
    expect(status).toBe(1);
    expect(kept).toHaveLength(Number(findings));
    expect(kept.every(([first, second]) => first! < 12 && second! < 128)).toBe(true);
  });

  it('finds nothing in a few inputs of every parser there is', () => {
    const { status, stdout, stderr } = fuzz('--inputs', '300', '--out', folder);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^3\d\d inputs, 0 findings$/m);
    expect(status).toBe(0);
  });
});

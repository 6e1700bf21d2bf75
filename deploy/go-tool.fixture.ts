import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';

const GO_TOOLS = resolve(__dirname, '../tools/go-tools.mjs');

/**
 * Tests that need a program of tools/go-tools.mjs. Where it is not there, they are left out and that is recorded, except in CI, where that is
 * a failing test.
 */
export function describeWithTool(name: string, title: string, tests: (program: string) => void): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [GO_TOOLS, '--print', name], { encoding: 'utf8' });
  if (status === 0) return describe(title, () => tests(stdout.trim()));
  test(`${title}: ${name} is there, or left out on record`, () => {
    if (process.env['CI'] === 'true') throw new Error(stderr);
    const record = process.env['FATHOM_LEFT_OUT'];
    if (record !== undefined) appendFileSync(record, `${title}: node tools/go-tools.mjs ${name}\n`);
  });
}

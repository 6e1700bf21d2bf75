import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

it('is what its sources compile to', () => {
  const root = resolve(__dirname, '../../..');
  const folder = mkdtempSync(join(tmpdir(), 'fathom-kernels-'));
  try {
    execFileSync(process.execPath, [join(root, 'tools/generate-kernels.js'), folder], { cwd: root, stdio: 'pipe' });
    const at = 'libs/kernels/src/gen/code.ts';
    expect(readFileSync(join(folder, at), 'utf8')).toBe(readFileSync(join(root, at), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

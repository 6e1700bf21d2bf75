import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const check = (...parameters: string[]) => spawnSync(process.execPath, [join(__dirname, 'check-gpu.mjs'), ...parameters], { encoding: 'utf8' });
/** As check-gpu.mjs looks for one; where there is, it has other things to say. */
const hasGpu = existsSync('/dev/nvidia0') || spawnSync('nvidia-smi', ['-L']).status === 0;

describe('check:gpu', () => {
  (hasGpu ? it.skip : it)('says that it was not run where there is no GPU, and does not fail', () => {
    expect(check()).toMatchObject({ stdout: 'not run: no GPU\n', stderr: '', status: 0 });
    const record = process.env['FATHOM_LEFT_OUT'];
    if (record !== undefined) appendFileSync(record, 'the engines on a GPU: there is none (npm run check:gpu)\n');
  });

  it('finds nothing wrong with the ways of the processor', () => {
    const { stdout, status } = check('--cpu');
    expect(stdout).not.toContain('FAILED');
    expect(stdout).toContain('ok     onnxruntime: 65536 steps of -128 × -128 are 1073741824\n');
    expect(stdout).toContain("ok     tensorflow: penultimate is within 1e-4 of the processor's");
    expect(stdout).toMatch(/all passed\n$/);
    expect(status).toBe(0);
  });
});

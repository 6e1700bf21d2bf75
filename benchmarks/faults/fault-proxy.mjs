/** The proxy that the store's tests use, built for this run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

async function built() {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-proxy-'));
  try {
    const outfile = join(folder, 'fault-proxy.mjs');
    const source = resolve(import.meta.dirname, '../../libs/store/src/fault-proxy.fixture.ts');
    await build({ entryPoints: [source], outfile, format: 'esm', platform: 'node', target: 'node20' });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const { FaultProxy } = await built();

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'fathom-sbom-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sbom = (...args: readonly string[]) => spawnSync(process.execPath, [resolve(__dirname, 'sbom.mjs'), ...args], { encoding: 'utf8' });

it('every package that comes with Fathom has a licence that is accepted and listed, and is in the bill of materials', () => {
  const out = join(folder, 'sbom.json');
  const { status, stderr } = sbom('--out', out);
  expect([status, stderr]).toEqual([0, '']);
  const { bomFormat, components, serialNumber } = JSON.parse(readFileSync(out, 'utf8')) as {
    bomFormat: string;
    components: { purl: string }[];
    serialNumber?: string;
  };
  expect([bomFormat, serialNumber]).toEqual(['CycloneDX', undefined]);
  expect(components.some(({ purl }) => purl.startsWith('pkg:npm/%40grpc/grpc-js@'))).toBe(true);
});

it('a package of another licence, or of none, is named', () => {
  const of = (name: string, license?: string) => ({ [`node_modules/${name}`]: { version: '1.0.0', ...(license && { license }) } });
  const dependencies = { good: '1.0.0', strict: '1.0.0', silent: '1.0.0', either: '1.0.0' };
  const packages = {
    '': { name: 'x', version: '1.0.0', dependencies },
    ...of('good', 'MIT'),
    ...of('strict', 'AGPL-3.0'),
    ...of('silent'),
    ...of('either', '(MIT OR GPL-2.0)'),
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', dependencies }));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ name: 'x', version: '1.0.0', lockfileVersion: 3, packages }));
  const { status, stderr } = sbom('--lock', folder);
  expect(status).toBe(1);
  expect(stderr).toContain('strict 1.0.0: licence AGPL-3.0 is not accepted');
  expect(stderr).toContain('silent 1.0.0: licence none is not accepted');
  expect(stderr).not.toMatch(/good|either/);
});

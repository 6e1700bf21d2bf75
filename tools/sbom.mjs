/**
 * Writes what Fathom is made of: node tools/sbom.mjs [--out sbom.json] [--write]. The bill of materials (CycloneDX, from package-lock.json) goes
 * to --out, without time and serial number, so that the same lock gives the same file. Fails where a package has a licence that is not
 * among the ACCEPTED, or docs/licences.md is not what the lock says; --write writes that page.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(root, 'docs/licences.md');

/** Licences under which others' work may be used and passed on beside ours; LGPL for libraries that are loaded as they are. */
const ACCEPTED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'LGPL-3.0-or-later',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);

const { values } = parseArgs({ options: { out: { type: 'string' }, write: { type: 'boolean' }, lock: { type: 'string', default: root } } });
const text = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
  cwd: resolve(values.lock),
  encoding: 'utf8',
  maxBuffer: 2 ** 28,
  stdio: ['ignore', 'pipe', 'ignore'],
});
const { serialNumber: _serial, ...bom } = JSON.parse(text);
delete bom.metadata.timestamp;
if (values.out) writeFileSync(values.out, `${JSON.stringify(bom, null, 2)}\n`);

const is = (component, property) =>
  (component.properties ?? []).some(({ name, value }) => name === `cdx:npm:package:${property}` && value === 'true');
const nameOf = ({ purl }) => decodeURIComponent(purl.slice('pkg:npm/'.length)).replace(/@[^@]*$/, '');
const licenceOf = ({ licenses = [] }) => licenses.map(({ license, expression }) => expression ?? license.id ?? license.name).join(' AND ') || 'none';
const foreign = bom.components.filter((component) => !is(component, 'private'));

/** One word of an expression must be accepted where it says OR, all where it says AND. */
function isAccepted(licence) {
  const words = licence.replaceAll(/[()]/g, '').split(/ (AND|OR) /);
  return words.includes('OR') ? words.some((word) => ACCEPTED.has(word)) : words.every((word) => word === 'AND' || ACCEPTED.has(word));
}

const unknown = foreign.filter((component) => !isAccepted(licenceOf(component)));
for (const component of unknown) console.error(`${nameOf(component)} ${component.version}: licence ${licenceOf(component)} is not accepted`);

const shipped = new Map();
for (const component of foreign.filter((each) => !is(each, 'development'))) {
  const licence = licenceOf(component).replace(/^\((.*)\)$/, '$1');
  shipped.set(licence, (shipped.get(licence) ?? new Set()).add(nameOf(component)));
}
const rows = [...shipped].sort(([a], [b]) => (a < b ? -1 : 1)).map(([licence, names]) => `| ${licence} | ${[...names].sort().join(', ')} |`);
const expected = `# Licences

Fathom is under Apache-2.0, the images in \`models/fashion\` under MIT. It is installed with these packages of others, under their own
licences; some for one kind of machine only. \`node tools/sbom.mjs --write\` writes this page, \`--out sbom.json\` a bill of materials
(CycloneDX) with versions and digests, of the packages for development too. A report carries @observablehq/plot and D3 (ISC), and what
these use (ISC, MIT, Unlicense).

| licence | packages |
| --- | --- |
${rows.join('\n')}
`;
if (values.write) writeFileSync(page, expected);
const isCurrent = readFileSync(page, 'utf8') === expected;
if (!isCurrent) console.error('docs/licences.md is not what package-lock.json says: run node tools/sbom.mjs --write');
console.log(`${bom.components.length} packages, ${shipped.size} licences`);
process.exit(unknown.length === 0 && isCurrent ? 0 : 1);

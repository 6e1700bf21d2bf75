/**
 * How far R² moves by the digits that the probes of docs/measures.md §10.3 are computed with: as many as the code takes, beside 32 bits
 * and factors with 40 bits to spare.
 * Usage: node benchmarks/probe-digits.mjs [--rows 8000] [--channels 1024] [--features 256]
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseWidths, scaleData } from './scale-data.mjs';

const require = createRequire(import.meta.url);
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '8000' }, channels: { type: 'string', default: '1024' }, features: { type: 'string', default: '256' } },
});
const features = Number(values.features);
const { ArtifactStore } = require('@fathom/artifacts');
const { productEngine } = require('@fathom/engines');
const { inlineCrew, SharedRoom, smallestHashes } = require('@fathom/exact');
const { openStore } = require('@fathom/store');
const measures = (file) => require(join(dirname(require.resolve('@fathom/measures')), file));
const { codesToProbe } = require('@fathom/measures');
const { layerSums } = measures('layer-sums.js');
const { heldOutErrors, reportingSystems, rSquared } = measures('held-out.js');
const { channelsOf, foldSystem, systemBytes } = measures('fold-systems.js');

const data = await scaleData({ rows: Number(values.rows), widths: parseWidths(values.channels), features: [features], seed: 1 });
const artifacts = new ArtifactStore(openStore({ location: data.store }));
const x = await artifacts.open(data.activations);
const z = await artifacts.open(data.codes[features]);
const crew = inlineCrew(await productEngine('onnxruntime'));
const layer = data.layers.at(-1);
const targets = await codesToProbe(z.rows('z'), await z.range('z'), { null: false }, x.rows(layer).columns, crew);
const sums = await layerSums(x.rows(layer), await x.range(layer), targets, crew);
const every = smallestHashes(features, features);
const calm = { throwIfCancelled: () => undefined };

/** Systems of the reporting folds, factorised with 40 bits more than their condition takes away. */
function exactSystems(given, alpha) {
  const { buffers, bytes } = systemBytes(channelsOf(given));
  const room = () => Array.from({ length: buffers }, () => new Uint8Array(new SharedArrayBuffer(bytes)));
  const folds = [...given.rows.keys()].slice(1);
  return Promise.all(folds.map((fold) => crew.run(foldSystem, { sums: given, fold, alpha, spare: 40, buffers: room() })));
}

for (const alpha of [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]) {
  const found = [];
  for (const wide of [false, true]) {
    // Sums that say they have an upper limb are solved with the digits of 24 bits: 32 bits in every product.
    const high = wide ? { high: new Float64Array(new SharedArrayBuffer(8 * sums.gram.low.length)) } : {};
    const given = { ...sums, gram: { ...sums.gram, ...high } };
    const systems = wide ? await exactSystems(given, alpha) : await reportingSystems(given, alpha, new SharedRoom(), crew);
    found.push(rSquared((await heldOutErrors(given, 0, every, systems, crew, calm)).whole));
  }
  const moved = found[0].map((value, j) => Math.abs(value - found[1][j]));
  const mean = moved.reduce((sum, value) => sum + value, 0) / moved.length;
  console.log(`alpha ${String(alpha).padEnd(7)} R² moves by ${Math.max(...moved).toExponential(1)} at most, ${mean.toExponential(1)} on average`);
}

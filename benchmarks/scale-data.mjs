/**
 * Synthetic activations and codes at the paper's scale (see planted-features.mjs), as real artifacts in a file store. They are kept under
 * .cache/bench (or the folder FATHOM_BENCH_CACHE), named by their parameters, and made once.
 *
 * Usage: node benchmarks/scale-data.mjs [--rows 20000] [--widths 256x3,512x4,1024x6,2048x3] [--features 10000,1000] [--seed 1]
 * prints { folder, store, activations, codes: { "<features>": digest } }.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { atomsOf, BLOCK } from './planted-features.mjs';

const require = createRequire(import.meta.url);
const { ArtifactStore } = require('@fathom/artifacts');
const { fileStore } = require('@fathom/store');

export const CACHE = resolve(process.env.FATHOM_BENCH_CACHE ?? join(import.meta.dirname, '../.cache/bench'));
/** The paper's size: 16 layers, 20,000 images, 10,000 features. */
export const PAPER = { rows: 20_000, widths: parseWidths('256x3,512x4,1024x6,2048x3'), features: [10_000, 1000], seed: 1 };

const FORMAT = 2; // raise it where the values change, or how artifacts are stored
const SHARD_BYTES = 32 * 2 ** 20;
const IMAGES = `sha256:${'0'.repeat(64)}`;

/** "256x3,512" as [256, 256, 256, 512]. */
export function parseWidths(text) {
  return text.split(',').flatMap((part) => {
    const [width, times = 1] = part.split('x').map(Number);
    return Array.from({ length: times }, () => width);
  });
}

/**
 * The artifacts of those parameters, made where they are not there yet.
 * @param {{ rows: number, widths: number[], features?: number[], atoms?: number, seed?: number }} size `atoms`: a dictionary for the last layer
 * @returns {Promise<{ folder: string, store: string, activations: string, layers: string[], codes: Record<string, string>, dictionary?: string }>}
 */
export async function scaleData({ rows, widths, features = [], atoms = 0, seed = 1 }) {
  const parameters = JSON.stringify({ FORMAT, rows, widths, features, ...(atoms > 0 ? { atoms } : {}), seed });
  const folder = join(CACHE, createHash('sha256').update(parameters).digest('hex').slice(0, 12));
  const described = join(folder, 'data.json');
  if (existsSync(described)) return JSON.parse(readFileSync(described, 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  const store = join(folder, 'store');
  const layers = widths.map((_, layer) => `layer-${String(layer + 1).padStart(2, '0')}`);
  const tensors = [
    ...features.map((columns) => ({ kind: 'codes', name: 'z', columns })),
    ...widths.map((columns, layer) => ({ kind: 'activations', name: layers[layer], layer, columns })),
  ];
  const shards = await drawShards(store, { seed, layers: widths.length }, tensors, rows);
  const artifacts = new ArtifactStore(fileStore(store));
  const from = { images: IMAGES, rows: { first: 0, count: rows } };
  const publish = (kind, attributes, records) => artifacts.publish({ kind, attributes, shards: records, provenance: provenance(parameters) });
  const publishAtoms = () => {
    const D = { name: 'D', dtype: 'F32', shape: [atoms, widths.at(-1)], data: atomsOf(seed, atoms, widths.length, widths.at(-1)) };
    const attributes = { method: 'globalNmf', tensor: layers.at(-1), atoms_per_class: 0, fits: [] };
    return artifacts.publishTensors({ kind: 'dictionary', attributes, tensors: [D], provenance: provenance(parameters) });
  };
  const attributes = { ...from, model: IMAGES, taps: layers, penultimate: layers.at(-1), branches: [], pooling: 'mean', classes: 10 };
  const activations = await publish(
    'activations',
    attributes,
    tensors.flatMap((tensor, at) => (tensor.kind === 'activations' ? shards[at] : [])),
  );
  const codes = {};
  for (const [at, columns] of features.entries()) codes[columns] = await publish('codes', { ...from, worst_kkt_residual: 0 }, shards[at]);
  const data = { folder, store, activations, layers, codes, ...(atoms > 0 ? { dictionary: await publishAtoms() } : {}) };
  writeFileSync(`${described}.new`, `${JSON.stringify(data, undefined, 2)}\n`);
  renameSync(`${described}.new`, described);
  return data;
}

/** Draws and stores all tensors, each in shards of its own, with every processor. */
async function drawShards(store, workerData, tensors, rows) {
  const records = tensors.map(() => []);
  const queue = tensors.flatMap((tensor, at) => {
    const step = BLOCK * Math.max(1, Math.floor(SHARD_BYTES / (4 * tensor.columns * BLOCK)));
    return Array.from({ length: Math.ceil(rows / step) }, (_, i) => ({ at, ...tensor, start: i * step, end: Math.min(rows, (i + 1) * step) }));
  });
  const lane = (worker) =>
    new Promise((done, fail) => {
      let current;
      const next = () => {
        current = queue.shift();
        if (current) worker.postMessage(current);
        else done();
      };
      worker.on('error', fail).on('message', (record) => {
        records[current.at].push(record);
        next();
      });
      next();
    });
  const workers = Array.from(
    { length: availableParallelism() },
    () => new Worker(new URL('scale-data-worker.mjs', import.meta.url), { workerData: { store, ...workerData } }),
  );
  try {
    await Promise.all(workers.map(lane));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return records;
}

function provenance(parameters) {
  const requestDigest = createHash('sha256').update(parameters).digest('hex');
  return {
    job: 'benchmarks.scale-data',
    requestDigest,
    request: JSON.parse(parameters),
    inputs: [],
    codeVersion: '0',
    engine: null,
    determinism: 'PORTABLE',
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { rows: { type: 'string' }, widths: { type: 'string' }, features: { type: 'string' }, seed: { type: 'string' } },
  });
  const data = await scaleData({
    rows: values.rows ? Number(values.rows) : PAPER.rows,
    widths: values.widths ? parseWidths(values.widths) : PAPER.widths,
    features: values.features ? values.features.split(',').map(Number) : PAPER.features,
    seed: values.seed ? Number(values.seed) : PAPER.seed,
  });
  console.log(JSON.stringify(data, undefined, 2));
}

/** One thread of the generator: draws a range of rows of a tensor and stores it as a shard. */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { channelsOf, drawRows, featuresOf } from './planted-features.mjs';

const require = createRequire(import.meta.url);
const { ArtifactStore } = require('@fathom/artifacts');
const { fileStore } = require('@fathom/store');

const artifacts = new ArtifactStore(fileStore(workerData.store));
const { seed, layers } = workerData;
let known;

/** The mixture of a tensor; the last one is kept, because shards of one tensor follow each other. */
function mixtureOf({ kind, layer, columns }) {
  const key = `${kind} ${layer} ${columns}`;
  if (known?.key !== key) known = { key, mix: kind === 'codes' ? featuresOf(seed, columns) : channelsOf(seed, layer, layers, columns) };
  return known.mix;
}

parentPort.on('message', async (task) => {
  const { kind, name, columns, start, end } = task;
  const data = drawRows(seed, kind === 'codes' ? `codes ${columns}` : name, mixtureOf(task), kind, start, end);
  parentPort.postMessage(await artifacts.writeShard(start, [{ name, dtype: 'F32', shape: [end - start, columns], data }]));
});

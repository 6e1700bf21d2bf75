/**
 * All taps of the demo's network on its test images by the job "activation.extract", the best of three; registering does not count.
 * Usage: node activations.mjs '{"store":…,"count":10000}'
 */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { report, runJob } from '../run-job.mjs';

const { extractActivations, registerImages, registerModel } = createRequire(import.meta.url)('@fathom/analyses');
const { activation } = createRequire(import.meta.url)('@fathom/contracts');
const { store, count } = JSON.parse(process.argv[2]);
const material = resolve(import.meta.dirname, '../../models/fashion');
const card = JSON.parse(readFileSync(join(material, 'fashion.json'), 'utf8'));
const reference = ({ digest }) => ({ contentDigest: digest });

const checkpoint = join(material, card.checkpoints.at(-1).file);
const { width, height, scale, mean, standardDeviation } = card.preprocessing;
const preprocessing = { width, height, scale, mean, standardDeviation, channelOrder: activation.ChannelOrder.GRAY };
const model = await runJob(store, registerModel, { request: { path: checkpoint, name: 'fashion', preprocessing, taps: [] }, fingerprint: '' });
const value = { imagesPath: join(material, card.images.test.images.file), labelsPath: '', classNames: [] };
const images = await runJob(store, registerImages, { request: { name: 'test', source: { $case: 'idx', value } }, fingerprint: '' });

const request = {
  model: reference(model.artifact),
  images: reference(images.artifact),
  rows: { first: 0, count },
  taps: [],
  branches: false,
  pooling: activation.Pooling.MEAN,
};
const runs = [];
for (let i = 0; i < 3; i++) runs.push(await runJob(store, extractActivations, request));
const best = runs.reduce((a, b) => (b.seconds < a.seconds ? b : a));
report({
  seconds: best.seconds,
  images: images.artifact.digest,
  activations: best.artifact.digest,
  checkpoint,
  tensors: Object.keys(best.artifact.tensors),
  engine: best.artifact.provenance.engine,
});

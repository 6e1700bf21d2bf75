/**
 * K of every feature by the job "complexity.measure".
 * Usage: node complexity.mjs '{"store":…,"activations":…,"codes":…,"layers":[…],"r2":"FILE"}'
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { report, runJob } from '../run-job.mjs';

const { measureComplexity } = createRequire(import.meta.url)('@fathom/analyses');
const { toFloat64 } = createRequire(import.meta.url)('@fathom/tensors');
const { store, activations, codes, layers, r2 } = JSON.parse(process.argv[2]);

const { artifact, seconds, parts } = await runJob(store, measureComplexity, {
  activations: { contentDigest: activations },
  codes: { contentDigest: codes },
  layers,
  probe: { folds: 5, alphas: [1e-5, 1e-4, 1e-3, 1e-2, 1e-1], nullSeed: 0, withoutPublished: true },
});
const kStd = toFloat64(await artifact.tensor('k_std'));
const { data, shape } = await artifact.tensor('r2');
writeFileSync(r2, data);
report({
  seconds,
  layerSeconds: parts,
  alpha: artifact.attributes.alpha,
  meanK: kStd.reduce((sum, value) => sum + value, 0) / kStd.length,
  r2Shape: shape,
  engine: artifact.provenance.engine,
  digest: artifact.digest,
});

/**
 * Global NMF by the library, all processors: the loss after every number of sweeps that is asked for, and the time to it.
 * Usage: node nmf.mjs '{"store":…,"activations":…,"tensor":…,"atoms":50,"sweeps":[20,40,…]}'
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { report, timed } from '../run-job.mjs';

const require = createRequire(import.meta.url);
const { ArtifactStore } = require('@fathom/artifacts');
const { fitNmfStreamed } = require('@fathom/dictionaries');
const { threadCrew } = require('@fathom/operations');
const { openStore } = require('@fathom/store');
const { store, activations, tensor, atoms, sweeps } = JSON.parse(process.argv[2]);

const crew = await threadCrew({ hands: availableParallelism(), engine: 'onnxruntime' });
const curve = [];
for (const maxSweeps of sweeps) {
  // Opened each time, so that reading and checking count each time.
  const artifact = await new ArtifactStore(openStore({ location: store })).open(activations);
  const fit = async () => {
    const range = await artifact.range(tensor);
    return fitNmfStreamed(artifact.rows(tensor), { atoms, seed: 0, tolerance: 0, maxSweeps, range }, crew);
  };
  const { seconds, result } = await timed(fit);
  curve.push([seconds, result.loss, result.sweeps]);
  if (result.sweeps < maxSweeps) break;
}
await crew.close();
report({ seconds: curve.at(-1)[0], curve, engine: crew.engine });

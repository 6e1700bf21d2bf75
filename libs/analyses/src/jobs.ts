import type { ArtifactStore } from '@fathom/artifacts';
import { FathomError, unwatched } from '@fathom/errors';
import { onnxruntime, tensorflowRuntime } from '@fathom/engines';
import type { Crew } from '@fathom/exact';
import { describeCodes } from './describe-codes.js';
import { encodeCodes } from './encode-codes.js';
import { extractActivations } from './extract-activations.js';
import { fitDictionary } from './fit-dictionary.js';
import { INPUT_LIMITS, type InputLimits } from './input-limits.js';
import type { Job, JobContext } from './job.js';
import { KeptCodes } from './kept-codes.js';
import { KeptEncoder } from './kept-encoder.js';
import { measureComplexity } from './measure-complexity.js';
import { measureFlow } from './measure-flow.js';
import { ablate, measureImportance } from './measure-importance.js';
import { measureLocality } from './measure-locality.js';
import { measureOverTraining } from './measure-over-training.js';
import { measureSensitivity } from './measure-sensitivity.js';
import { OpenNetworks } from './open-networks.js';
import { registerImages } from './register-images.js';
import { registerModel } from './register-model.js';
import { registerUpload } from './register-upload.js';
import { relateScores } from './relate-scores.js';
import { TriedNetworks } from './tried-networks.js';

const JOBS = [
  registerModel,
  registerImages,
  registerUpload,
  extractActivations,
  fitDictionary,
  encodeCodes,
  describeCodes,
  measureComplexity,
  measureOverTraining,
  measureFlow,
  measureImportance,
  ablate,
  measureSensitivity,
  measureLocality,
  relateScores,
] as unknown as readonly Job<unknown>[];

/** The job of that name. */
export function jobNamed(name: string): Job<unknown> {
  const job = JOBS.find((candidate) => candidate.name === name);
  if (!job) throw new FathomError('INTERNAL', `there is no job "${name}"`);
  return job;
}

/** What jobs of one thread share. */
export function jobContext(artifacts: ArtifactStore, crew: Crew, limits: InputLimits = INPUT_LIMITS): JobContext {
  const tried = new TriedNetworks(artifacts, limits);
  const kept = { networks: new OpenNetworks(tried), codes: new KeptCodes(), encoder: new KeptEncoder() };
  return { artifacts, tried, ...kept, control: unwatched, crew, limits };
}

/**
 * The engine that runs the network among the inputs of a job of class ENGINE; of TensorFlow.js also the backend, which its bits depend on.
 *
 * @throws FathomError INTERNAL where there is no network
 */
export async function networkEngine(artifacts: ArtifactStore, inputs: readonly string[]): Promise<{ name: string; version: string }> {
  for (const digest of inputs) {
    const { kind, tensors } = await artifacts.open(digest);
    if (kind !== 'model') continue;
    if (!('layers' in tensors)) return { name: onnxruntime.name, version: onnxruntime.version };
    const { version, backend } = await tensorflowRuntime();
    return { name: 'tensorflow', version: `${version} (${backend})` };
  }
  throw new FathomError('INTERNAL', 'a job of class ENGINE has no network among its inputs');
}

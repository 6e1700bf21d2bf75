import type { ArtifactStore } from '@fathom/artifacts';
import { FathomError, unwatched } from '@fathom/errors';
import { onnxruntime } from '@fathom/engines';
import { describeCodes } from './describe-codes.js';
import { encodeCodes } from './encode-codes.js';
import { extractActivations } from './extract-activations.js';
import { fitDictionary } from './fit-dictionary.js';
import type { Job, JobContext } from './job.js';
import { measureComplexity } from './measure-complexity.js';
import { measureFlow } from './measure-flow.js';
import { ablate, measureImportance } from './measure-importance.js';
import { measureLocality } from './measure-locality.js';
import { measureOverTraining } from './measure-over-training.js';
import { measureSensitivity } from './measure-sensitivity.js';
import { OpenNetworks } from './open-networks.js';
import { registerImages } from './register-images.js';
import { registerModel } from './register-model.js';
import { relateScores } from './relate-scores.js';

const JOBS = [
  registerModel,
  registerImages,
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
export function jobContext(artifacts: ArtifactStore): JobContext {
  return { artifacts, networks: new OpenNetworks(), control: unwatched };
}

/** The engine that jobs of class ENGINE run on. */
export function engineVersion(): { name: string; version: string } {
  return { name: onnxruntime.name, version: onnxruntime.version };
}

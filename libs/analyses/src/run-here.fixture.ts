import type { Artifact, ArtifactStore, Provenance } from '@fathom/artifacts';
import { inlineCrew, referenceEngine } from '@fathom/exact';
import { toFloat64, type Json, type Tensor } from '@fathom/tensors';
import type { Job } from './job.js';
import { jobContext } from './jobs.js';

const PROVENANCE: Provenance = {
  job: 'test',
  requestDigest: '0'.repeat(64),
  request: {},
  inputs: [],
  codeVersion: '0',
  engine: null,
  determinism: 'PORTABLE',
};

/** Runs a job in this thread, its parts in any order and through JSON, as they are stored. */
export async function runHere<Request>(artifacts: ArtifactStore, job: Job<Request>, request: Request): Promise<Artifact> {
  const context = jobContext(artifacts, inlineCrew(referenceEngine));
  const normalised = job.codec.fromJSON(JSON.parse(JSON.stringify(job.codec.toJSON(job.normalise(request)))));
  const names = await job.plan(normalised, context);
  const results = new Map<string, Json>();
  for (const name of [...names].reverse()) results.set(name, JSON.parse(JSON.stringify(await job.runPart(normalised, name, context))) as Json);
  const parts = names.map((name) => results.get(name)!);
  const output = await job.finish(normalised, parts, context);
  const { kind, attributes } = output;
  const digest =
    'shards' in output
      ? await artifacts.publish({ kind, attributes, shards: output.shards, provenance: PROVENANCE })
      : await artifacts.publishTensors({ kind, attributes, tensors: output.tensors, provenance: PROVENANCE });
  return artifacts.open(digest);
}

/** Publishes what a test made. */
export async function put(artifacts: ArtifactStore, kind: string, attributes: Json, tensors: readonly Tensor[]): Promise<{ contentDigest: string }> {
  return { contentDigest: await artifacts.publishTensors({ kind, attributes, tensors, provenance: PROVENANCE }) };
}

/** A tensor's values as numbers. */
export async function values(artifact: Artifact, name: string): Promise<number[]> {
  return [...toFloat64(await artifact.tensor(name))];
}

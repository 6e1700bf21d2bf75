import { engineVersion, type Job, type JobOutput } from '@fathom/analyses';
import type { ArtifactStore, Provenance } from '@fathom/artifacts';
import type { Json } from '@fathom/tensors';
import { CODE_VERSION } from './code-version.js';

/** Publishes what a job made, with its provenance. Returns the content digest. */
export async function publishOutput(
  artifacts: ArtifactStore,
  job: Job<unknown>,
  origin: { requestDigest: string; request: Json },
  output: JobOutput,
): Promise<string> {
  const provenance: Provenance = {
    job: job.name,
    requestDigest: origin.requestDigest,
    request: origin.request,
    inputs: [...job.inputs(job.codec.fromJSON(origin.request))],
    codeVersion: CODE_VERSION,
    engine: job.determinism === 'ENGINE' ? engineVersion() : null,
    determinism: job.determinism,
  };
  const { kind, attributes } = output;
  return 'shards' in output
    ? artifacts.publish({ kind, attributes, shards: output.shards, provenance })
    : artifacts.publishTensors({ kind, attributes, tensors: output.tensors, provenance });
}

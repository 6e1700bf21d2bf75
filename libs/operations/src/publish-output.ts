import { networkEngine, type Job, type JobContext, type JobOutput } from '@fathom/analyses';
import type { Provenance } from '@fathom/artifacts';
import type { Json } from '@fathom/tensors';
import { CODE_VERSION } from './code-version.js';

/** Publishes what a job made, with its provenance. Returns the content digest. */
export async function publishOutput(
  { artifacts, crew }: Pick<JobContext, 'artifacts' | 'crew'>,
  job: Job<unknown>,
  origin: { requestDigest: string; request: Json },
  output: JobOutput,
): Promise<string> {
  const inputs = job.inputs(job.codec.fromJSON(origin.request));
  const provenance: Provenance = {
    job: job.name,
    requestDigest: origin.requestDigest,
    request: origin.request,
    inputs: [...inputs],
    codeVersion: CODE_VERSION,
    engine: job.determinism === 'ENGINE' ? await networkEngine(artifacts, inputs) : null,
    ...(job.crewed || job.multiplies ? { arithmetic: crew.engine } : {}),
    determinism: job.determinism,
  };
  const { kind, attributes } = output;
  return 'shards' in output
    ? artifacts.publish({ kind, attributes, shards: output.shards, provenance })
    : artifacts.publishTensors({ kind, attributes, tensors: output.tensors, provenance });
}

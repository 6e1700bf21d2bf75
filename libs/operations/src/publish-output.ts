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
  const made = job.determinism === 'PORTABLE' ? { engine: null, arithmetic: crew.engine } : { engine: await networkEngine(artifacts, inputs) };
  const provenance: Provenance = {
    job: job.name,
    requestDigest: origin.requestDigest,
    request: origin.request,
    inputs: [...inputs],
    codeVersion: CODE_VERSION,
    ...made,
    determinism: job.determinism,
  };
  const { kind, attributes } = output;
  return 'shards' in output
    ? artifacts.publish({ kind, attributes, shards: output.shards, provenance })
    : artifacts.publishTensors({ kind, attributes, tensors: output.tensors, provenance });
}

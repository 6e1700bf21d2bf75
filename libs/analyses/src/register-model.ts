import type { Json } from '@fathom/tensors';
import { activation } from '@fathom/contracts';
import { checkPreprocessing, describeNetwork, type NetworkDescription } from '@fathom/engines';
import { InputError } from '@fathom/errors';
import { wholeJob, type Job, type JobContext, type JobOutput } from './job.js';
import { preprocessingOf } from './model-description.js';
import { networkTensor, readNetwork } from './network-file.js';
import { modelOptions } from './tried-networks.js';

/** A request to register, with what tells one state of the file from another. */
export interface RegisterModelJob {
  readonly request: activation.RegisterModelRequest;
  /** Size and time of change of its files: the same path with other content is another request. */
  readonly fingerprint: string;
}

/** Puts a network, of ONNX or a TensorFlow.js layers model, into the store, with what was found in its graph. */
export const registerModel: Job<RegisterModelJob> = {
  ...wholeJob,
  name: 'activation.register-model',
  revision: 1,
  determinism: 'PORTABLE',
  codec: {
    toJSON: ({ request, fingerprint }) => ({ request: activation.RegisterModelRequest.toJSON(request), fingerprint }),
    fromJSON: (json) => {
      const { request, fingerprint } = json as { request: unknown; fingerprint: string };
      return { request: activation.RegisterModelRequest.fromJSON(request), fingerprint };
    },
  },
  normalise(job) {
    requireName(job.request.name);
    preprocessingOf(job.request);
    return job;
  },
  inputs: () => [],
  finish: ({ request }, _parts, context) => modelOutput(request, context),
};

/** What a "model" artifact of a request holds: the network at its path, once it has been tried. */
export async function modelOutput(request: activation.RegisterModelRequest, { limits, tried, control }: JobContext): Promise<JobOutput> {
  const preprocessing = preprocessingOf(request);
  const bytes = await readNetwork(request.path, limits.modelBytes);
  await tried.require(bytes, request.taps, control);
  const network = describeNetwork(bytes, { ...modelOptions(limits), ...(request.taps.length > 0 && { taps: request.taps }) });
  checkPreprocessing(preprocessing, network.input);
  const description = describe(request, network);
  const { weight, bias, width, classes } = network.head;
  return {
    kind: 'model',
    attributes: activation.NetworkDescription.toJSON(description) as Json,
    tensors: [
      { name: networkTensor(bytes), dtype: 'U8', shape: [1, bytes.byteLength], data: bytes },
      { name: 'W', dtype: 'F32', shape: [width, classes], data: weight },
      { name: 'b', dtype: 'F32', shape: [classes], data: bias },
    ],
  };
}

/** Refuses a name that is empty or too long. */
export function requireName(name: string): void {
  if (name.length < 1 || name.length > 200)
    throw new InputError({ field: 'name', problem: 'has the wrong length', value: name, accepted: '1 to 200 characters' });
}

function describe(request: activation.RegisterModelRequest, network: NetworkDescription): activation.NetworkDescription {
  return {
    name: request.name,
    input: network.input.name,
    preprocessing: request.preprocessing,
    blocks: network.blocks.map((block) => ({ ...block, nonLinearity: block.nonLinearity ?? '' })),
    taps: [...network.taps],
    penultimate: network.penultimate.tensor,
    penultimateWidth: network.penultimate.width,
    classes: network.head.classes,
  };
}

import { dictionary } from '@fathom/contracts';
import { deadAtoms } from '@fathom/dictionaries';
import { toFloat64 } from '@fathom/tensors';
import { importance } from '@fathom/measures';
import { digestOf } from './artifact-fields.js';
import { openDecision } from './decision.js';
import { wholeJob, type Job } from './job.js';

type Request = dictionary.StartDescribeRequest;

/** How well codes stand for activations (docs/measures.md §6, faithfulness). */
export const describeCodes: Job<Request> = {
  ...wholeJob,
  name: 'dictionary.describe',
  revision: 2,
  crewed: true,
  determinism: 'PORTABLE',
  codec: dictionary.StartDescribeRequest,
  normalise(request) {
    this.inputs(request);
    return request;
  },
  inputs: (request) => [
    digestOf('dictionary', request.dictionary),
    digestOf('codes', request.codes),
    digestOf('activations', request.activations),
    digestOf('model', request.model),
  ],
  async finish(request, _parts, context) {
    const { inputs, ranges, dictionary: atoms } = await openDecision(context.artifacts, request);
    const measured = await importance(inputs, ranges, context.crew, context.control);
    const D = await atoms.tensor('D');
    const [k = 0, d = 0] = D.shape;
    const { min, max } = ranges.z;
    const dead = min.reduce((count, least, j) => count + (least === max[j] ? 1 : 0), 0);
    return {
      kind: 'fidelity',
      attributes: {
        prediction_agreement: measured.predictionAgreement,
        reconstruction_r2: measured.reconstructionR2,
        accuracy: measured.accuracy ?? null,
        sparsity: 1 - measured.prevalence.reduce((sum, share) => sum + share, 0) / k,
        dead,
        zero_atoms: deadAtoms(toFloat64(D), k, d),
        atoms: k,
      },
      tensors: [{ name: 'prevalence', dtype: 'F64', shape: [k], data: measured.prevalence }],
    };
  },
};

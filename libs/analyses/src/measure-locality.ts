import { robustness } from '@fathom/contracts';
import { centredProducts, cka, ckaPublished, hoyer, redundancy, seededMasks } from '@fathom/measures';
import { toFloat64 } from '@fathom/tensors';
import { layerOf, openActivations, requireSameRows } from './activations.js';
import { digestOf, openKind, requireSize } from './artifact-fields.js';
import { wholeJob, type Job } from './job.js';
import { vector } from './measure-importance.js';
import { normaliseBits } from './probe-request.js';
import { normaliseMasking } from './robustness-request.js';

/** Redundancy, CKA and Hoyer sparsity of every feature (docs/measures.md §5, §7). */
export const measureLocality: Job<robustness.StartMeasureLocalityRequest> = {
  ...wholeJob,
  name: 'robustness.locality',
  revision: 4,
  crewed: true,
  determinism: 'PORTABLE',
  codec: robustness.StartMeasureLocalityRequest,
  normalise(request) {
    this.inputs(request);
    return { ...request, masking: normaliseMasking(request.masking), bits: normaliseBits(request.bits, 'bits') };
  },
  inputs: (request) => [digestOf('activations', request.activations), digestOf('codes', request.codes), digestOf('dictionary', request.dictionary)],
  async finish({ masking, ...request }, _parts, { artifacts, crew, control }) {
    const activations = await openActivations(artifacts, 'activations', request.activations);
    const codes = await openKind(artifacts, 'codes', request.codes, 'codes');
    requireSameRows(activations, codes);
    const D = await (await openKind(artifacts, 'dictionary', request.dictionary, 'dictionary')).tensor('D');
    const [k = 0, d = 0] = D.shape;
    const layer = layerOf(activations, 'activations');
    requireSize('dictionary', 'channels', d, layer.columns);
    requireSize('dictionary', 'atoms', k, codes.rows('z').columns);
    const ranges = { x: await activations.artifact.range(activations.attributes.penultimate), z: await codes.range('z') };
    const products = await centredProducts(layer, codes.rows('z'), ranges, normaliseBits(request.bits, 'bits'), crew, control);
    const { masks } = seededMasks(d, masking?.seed ?? 0, { shares: masking?.shares ?? [], perShare: masking?.masksPerShare ?? 0 });
    return {
      kind: 'locality',
      attributes: {},
      tensors: [
        vector('redundancy', await redundancy(products, masks, crew)),
        vector('cka_penultimate', cka(products)),
        vector('cka_published', await ckaPublished(products, crew)),
        vector('hoyer', hoyer(toFloat64(D), k, d)),
      ],
    };
  },
};

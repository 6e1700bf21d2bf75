import { unwatched } from '@fathom/errors';
import { inlineCrew, Prng, referenceEngine, type Bits } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';
import { scoreArrays } from './score-arrays.js';

const [N, D, K] = [90, 3, 2];

it('sensitivity is divided by the variance of the codes at 24 bits, with whatever bits the rest is scored', async () => {
  const source = new Prng(8, 'rows');
  const random = (count: number) => Float64Array.from({ length: count }, () => source.gaussian());
  const z = random(N * K);
  z[0] = 1000; // what 16 bits resolve of the other rows is coarse
  const [layer, noisy] = [random(N * D), random(2 * 3 * N * K)];
  const score = (bits: Bits) =>
    scoreArrays(
      {
        bits,
        layers: [memoryRows('a', layer, N, D)],
        layerNames: ['a'],
        codes: memoryRows('z', z, N, K),
        noisy: { source: memoryRows('noisy', noisy, 2 * 3 * N, K), strengths: 2, draws: 3, images: N },
        folds: 3,
        seed: 0,
        close: () => Promise.resolve(),
      },
      inlineCrew(referenceEngine),
      unwatched,
    );
  const [coarse, fine] = [await score(16), await score(24)];
  expect(coarse['variance']).not.toEqual(fine['variance']);
  expect(coarse['sensitivity']).toEqual(fine['sensitivity']);
  expect((fine['sensitivity'] as number[]).every((value) => value > 0)).toBe(true);
});

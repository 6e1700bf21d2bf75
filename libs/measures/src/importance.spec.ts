import { cancelled, unwatched } from '@fathom/errors';
import { memoryRows } from '@fathom/tensors';
import fc from 'fast-check';

import { checkedDecision } from './decision-inputs.js';
import { randomDecision } from './decision.fixture.js';
import { expectClose, goldenCase } from './golden-case.fixture.js';
import { importance, ImportanceStatistic } from './importance.js';

describe('importance', () => {
  it.each(['planted', 'wide'] as const)('and faithfulness are those of the reference (%s)', async (name) => {
    const golden = goldenCase(name);
    const found = await importance(golden.decision());
    expectClose(found.importance, golden.expected.importance);
    expectClose(found.signed, golden.expected.importance_signed);
    expectClose(found.prevalence, golden.expected.prevalence);
    expectClose([found.predictionAgreement], [golden.expected.prediction_agreement]);
    expectClose([found.reconstructionR2], [golden.expected.reconstruction_r2]);
    expect(found.accuracy).toBe(golden.expected.ablation.simplest_first![0]);
  });

  it('has no accuracy without labels; everything else is the same', async () => {
    const { labels, ...inputs } = randomDecision(2, 40, 5, 4, 3);
    const { accuracy, ...withLabels } = await importance({ ...inputs, labels: labels! });
    const without = await importance(inputs);
    expect(without).toEqual(withLabels);
    expect('accuracy' in without).toBe(false);
    const right = Array.from(labels!).filter((label, i) => label === without.predicted[i]).length;
    expect(accuracy).toBe(right / 40);
  });

  it('predicts the first class on ties', async () => {
    const inputs = { a: memoryRows('a', [1, 1], 2, 1), z: memoryRows('z', [1, 2], 2, 1), D: [1], W: [1, 2, 2], b: [0, 0, 0] };
    const found = await importance(inputs);
    expect([...found.predicted]).toEqual([1, 1]);
    expect([...found.importance]).toEqual([3]);
  });

  it('is the mean logit that a feature adds to the predicted class, with its sign kept in `signed`', async () => {
    // the second feature speaks against class 0, which is predicted; it is there in one row of two
    const inputs = { a: memoryRows('a', [1, 0, 1, 0], 2, 2), z: memoryRows('z', [1, 4, 3, 0], 2, 2), D: [1, 0, 0, -1], W: [2, 0, 1, 0], b: [0, 0] };
    const found = await importance(inputs);
    expect([...found.importance]).toEqual([4, 2]);
    expect([...found.signed]).toEqual([4, -2]);
    expect([...found.prevalence]).toEqual([1, 0.5]);
  });

  it('rebuilds perfectly with R² = 1; R² = 0 where the activations do not vary', async () => {
    const head = { D: [1, 0, 0, 1], W: [1, 0, 0, 1], b: [0, 0] };
    const a = memoryRows('a', [1, 2, 3, 5], 2, 2);
    const flat = memoryRows('a', [1, 2, 1, 2], 2, 2);
    expect(await importance({ a, z: a, ...head })).toMatchObject({ reconstructionR2: 1, predictionAgreement: 1 });
    expect(await importance({ a: flat, z: a, ...head })).toMatchObject({ reconstructionR2: 0 });
  });

  it('has the same bits for blocks of any size; merged, the same numbers', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 40 }), (seed, blockRows) => {
        const [n, d, k] = [40, 3, 4];
        const { arrays, ...inputs } = randomDecision(seed, n, d, k, 3);
        const decision = checkedDecision(inputs);
        const over = (statistic: ImportanceStatistic, from: number, to: number) =>
          statistic.update({ start: from, rows: to - from, a: arrays.a.slice(from * d, to * d), z: arrays.z.slice(from * k, to * k) });
        const make = () => new ImportanceStatistic(decision, new Int32Array(n));
        const [whole, blocks, merged] = [make(), make(), make()];
        over(whole, 0, n);
        for (let from = 0; from < n; from += blockRows) over(blocks, from, Math.min(n, from + blockRows));
        expect(blocks.result()).toEqual(whole.result());
        for (let from = 0; from < n; from += blockRows) {
          const part = make();
          over(part, from, Math.min(n, from + blockRows));
          merged.merge(part);
        }
        const [wanted, found] = [whole.result(), merged.result()];
        expectClose(found.importance, wanted.importance, 1e-12);
        expectClose(
          [found.reconstructionR2, found.predictionAgreement, found.accuracy!],
          [wanted.reconstructionR2, wanted.predictionAgreement, wanted.accuracy!],
          1e-12,
        );
      }),
      { numRuns: 30 },
    );
  });

  it('stops when asked to, and says how far it is', async () => {
    const inputs = randomDecision(5, 1500, 2, 2, 2);
    const seen: number[][] = [];
    await importance(inputs, { ...unwatched, progress: (done, total) => seen.push([done, total]) });
    expect(seen).toEqual([
      [1024, 1500],
      [1500, 1500],
    ]);
    await expect(
      importance(inputs, {
        ...unwatched,
        throwIfCancelled: () => {
          throw cancelled();
        },
      }),
    ).rejects.toMatchObject({ reason: 'CANCELLED' });
  });
});

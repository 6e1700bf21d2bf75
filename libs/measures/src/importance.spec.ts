import { cancelled, unwatched } from '@fathom/errors';
import { memoryRows } from '@fathom/tensors';
import fc from 'fast-check';

import { crew, shuffledCrew } from './crews.fixture.js';
import type { DecisionInputs } from './decision-inputs.js';
import { mixedRows, randomDecision } from './decision.fixture.js';
import { expectClose, goldenCase } from './golden-case.fixture.js';
import { importance, type Importance } from './importance.js';
import { rangesOf } from './probe-arrays.fixture.js';

const measure = async (inputs: DecisionInputs, by = crew): Promise<Importance> => importance(inputs, await rangesOf(inputs.a, inputs.z), by);

describe('importance', () => {
  it.each(['planted', 'wide'] as const)('and faithfulness are those of the reference (%s)', async (name) => {
    const golden = goldenCase(name);
    const found = await measure(golden.decision());
    expectClose(found.importance, golden.expected.importance);
    expectClose(found.signed, golden.expected.importance_signed);
    expectClose(found.prevalence, golden.expected.prevalence);
    expectClose([found.predictionAgreement], [golden.expected.prediction_agreement]);
    expectClose([found.reconstructionR2], [golden.expected.reconstruction_r2]);
    expect(found.accuracy).toBe(golden.expected.ablation.simplest_first![0]);
  });

  it('has no accuracy without labels; everything else is the same', async () => {
    const { labels, ...inputs } = randomDecision(2, 40, 5, 4, 3);
    const { accuracy, ...withLabels } = await measure({ ...inputs, labels: labels! });
    const without = await measure(inputs);
    expect(without).toEqual(withLabels);
    expect('accuracy' in without).toBe(false);
    const right = Array.from(labels!).filter((label, i) => label === without.predicted[i]).length;
    expect(accuracy).toBe(right / 40);
  });

  it('predicts the first class on ties', async () => {
    const inputs = { a: memoryRows('a', [1, 1], 2, 1), z: memoryRows('z', [1, 2], 2, 1), D: [1], W: [1, 2, 2], b: [0, 0, 0] };
    const found = await measure(inputs);
    expect([...found.predicted]).toEqual([1, 1]);
    expect([...found.importance]).toEqual([3]);
  });

  it('is the mean logit that a feature adds to the predicted class, with its sign kept in `signed`', async () => {
    // the second feature speaks against class 0, which is predicted; it is there in one row of two
    const inputs = { a: memoryRows('a', [1, 0, 1, 0], 2, 2), z: memoryRows('z', [1, 4, 3, 0], 2, 2), D: [1, 0, 0, -1], W: [2, 0, 1, 0], b: [0, 0] };
    const found = await measure(inputs);
    expect([...found.importance]).toEqual([4, 2]);
    expect([...found.signed]).toEqual([4, -2]);
    expect([...found.prevalence]).toEqual([1, 0.5]);
  });

  it('rebuilds perfectly with R² = 1; R² = 0 where the activations do not vary', async () => {
    const head = { D: [1, 0, 0, 1], W: [1, 0, 0, 1], b: [0, 0] };
    const a = memoryRows('a', [1, 2, 3, 5], 2, 2);
    const flat = memoryRows('a', [1, 2, 1, 2], 2, 2);
    expect(await measure({ a, z: a, ...head })).toMatchObject({ reconstructionR2: 1, predictionAgreement: 1 });
    expect(await measure({ a: flat, z: a, ...head })).toMatchObject({ reconstructionR2: 0 });
  });

  it('has the same bits for rows in any order, however they are cut, and whoever adds up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.integer({ min: 2, max: 50 }), async (seed, hands) => {
        const inputs = randomDecision(seed, 40, 3, 4, 3);
        const { predicted, ...found } = await measure(inputs);
        const { predicted: others, ...mixed } = await measure(mixedRows(inputs, seed), shuffledCrew(hands, seed));
        expect(mixed).toEqual(found);
        expect([...others].sort()).toEqual([...predicted].sort());
      }),
      { numRuns: 20 },
    );
  });

  it('is that of the definition, with codes of either sign', async () => {
    const { arrays, ...inputs } = randomDecision(11, 200, 6, 5, 4);
    const z = arrays.z.map((code, at) => (at % 3 === 0 ? -2 * code : code));
    const found = await measure({ ...inputs, z: memoryRows('z', z, 200, 5) });
    for (let j = 0; j < 5; j++) {
      let [absolute, signed] = [0, 0];
      for (let i = 0; i < 200; i++) {
        let weight = 0;
        for (let c = 0; c < 6; c++) weight += inputs.D[j * 6 + c]! * inputs.W[c * 4 + found.predicted[i]!]!;
        absolute += Math.abs(z[i * 5 + j]! * weight) / 200;
        signed += (z[i * 5 + j]! * weight) / 200;
      }
      expect(found.importance[j]).toBeCloseTo(absolute, 10);
      expect(found.signed[j]).toBeCloseTo(signed, 10);
      expect(found.prevalence[j]).toBe(z.filter((code, at) => at % 5 === j && code > 0).length / 200);
    }
  });

  it('keeps the digits of a feature of 1e30 beside one of 1e-30; what cannot be summed is refused', async () => {
    const of = (D: number[]) =>
      measure({ a: memoryRows('a', [1, 0, 2, 0], 2, 2), z: memoryRows('z', [1, 0.25, 3, 0.5], 2, 2), D, W: [1, 0, 1, 0], b: [0, 0] });
    const { importance: found } = await of([1e30, 0, 1e-30, 0]);
    expect(found[0]! / 2e30).toBeCloseTo(1, 12);
    expect(found[1]! / 3.75e-31).toBeCloseTo(1, 12);
    await expect(of([1e200, 0, 1, 0])).rejects.toThrow('contributions of z, column 0: is too large to be summed');
    const far = { a: memoryRows('a', [1, 0, 2, 0], 2, 2), z: memoryRows('z', [0, 1, 1, 1], 2, 2), D: [1e160, 0, 0, 1], W: [0, 0, 1, 0], b: [0, 0] };
    await expect(measure(far)).rejects.toThrow(
      'a, row 1: is too far from its reconstruction, or from the middle of all, for the square of that to be summed',
    );
  });

  it('refuses codes and activations outside of their ranges, naming them', async () => {
    const inputs = randomDecision(1, 6, 4, 3, 2);
    const ranges = await rangesOf(inputs.a, inputs.z);
    const less = (values: Float64Array): Float64Array => values.map((value, at) => (at === 1 ? value / 2 : value));
    await expect(importance(inputs, { ...ranges, z: { ...ranges.z, max: less(ranges.z.max) } }, crew)).rejects.toThrow(
      /^z, row \d, column 1: is outside of the range/,
    );
    await expect(importance(inputs, { ...ranges, x: { ...ranges.x, max: less(ranges.x.max) } }, crew)).rejects.toThrow(
      /^a, row \d, column 1: is outside of the range/,
    );
    await expect(importance(inputs, { ...ranges, x: ranges.z }, crew)).rejects.toThrow('a, min of its columns: wrong length (got 3)');
  });

  it('stops when asked to, and says how far it is', async () => {
    const inputs = randomDecision(5, 1500, 2, 2, 2);
    const ranges = await rangesOf(inputs.a, inputs.z);
    const seen: number[][] = [];
    await importance(inputs, ranges, crew, { ...unwatched, progress: (done, total) => seen.push([done, total]) });
    expect(seen).toEqual([
      [1024, 1500],
      [1500, 1500],
    ]);
    await expect(
      importance(inputs, ranges, crew, {
        ...unwatched,
        throwIfCancelled: () => {
          throw cancelled();
        },
      }),
    ).rejects.toMatchObject({ reason: 'CANCELLED' });
  });
});

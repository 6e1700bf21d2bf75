import { memoryRows } from '@fathom/tensors';
import fc from 'fast-check';

import { ablationOrders } from './ablation-orders.js';
import { ablation } from './ablation.js';
import { crew, shuffledCrew } from './crews.fixture.js';
import type { DecisionInputs } from './decision-inputs.js';
import { mixedRows, randomDecision } from './decision.fixture.js';
import { goldenCase, liveIn } from './golden-case.fixture.js';
import { importance } from './importance.js';
import { rangesOf } from './probe-arrays.fixture.js';

/** The definition, a feature at a time: zero the codes, rebuild, add the rest, compare. */
async function plain(inputs: DecisionInputs, order: Uint32Array, keepRest: boolean, target: ArrayLike<number>): Promise<number[]> {
  const [n, d, k, classes] = [inputs.a.rows, inputs.a.columns, inputs.z.columns, inputs.b.length];
  const [a, z] = [await inputs.a.read(0, n), await inputs.z.read(0, n)];
  return Array.from({ length: 11 }, (_, tenth) => {
    const gone = new Set(order.slice(0, Math.floor((tenth * order.length) / 10 + 0.5)));
    let right = 0;
    for (let i = 0; i < n; i++) {
      const activation = Array.from({ length: d }, (_, c) => {
        let [kept, all] = [0, 0];
        for (let j = 0; j < k; j++) {
          const part = z[i * k + j]! * inputs.D[j * d + c]!;
          all += part;
          if (!gone.has(j)) kept += part;
        }
        return keepRest ? kept + a[i * d + c]! - all : kept;
      });
      const logits = Array.from(
        { length: classes },
        (_, c) => inputs.b[c]! + activation.reduce((sum, value, ch) => sum + value * inputs.W[ch * classes + c]!, 0),
      );
      if (logits.indexOf(Math.max(...logits)) === target[i]) right++;
    }
    return right / n;
  });
}

describe('ablation', () => {
  it.each(['planted', 'wide'] as const)('equals the reference (%s)', async (name) => {
    const { expected, decision } = goldenCase(name);
    const { random, ...orders } = ablationOrders(expected.k_std, expected.importance, liveIn(expected.variance), { seed: 1 });
    expect(random).toHaveLength(20);
    expect(await ablation(decision(), orders, crew)).toEqual(expected.ablation);
  });

  it('is the definition, and the mean over the random orders', async () => {
    const { arrays, ...random } = randomDecision(3, 50, 6, 13, 4);
    const signed = arrays.z.map((code, at) => (at % 5 === 0 ? -code : code));
    const inputs = { ...random, z: memoryRows('z', signed, 50, 13) };
    const orders = ablationOrders(new Float64Array(13), new Float64Array(13), [...Array<number>(12).fill(1), 0], { seed: 4, draws: 5 });
    const found = await ablation(inputs, { random: orders.random! }, crew);
    for (const keepRest of [true, false]) {
      const each = await Promise.all(orders.random!.map((order) => plain(inputs, order, keepRest, inputs.labels!)));
      const mean = each[0]!.map((_, t) => each.reduce((sum, curve) => sum + curve[t]!, 0) / 5);
      found[keepRest ? 'random' : 'random_rest_dropped']!.forEach((value, t) => expect(value).toBeCloseTo(mean[t]!, 12));
    }
  });

  it('is agreement with the prediction where there are no labels', async () => {
    const { labels, ...inputs } = randomDecision(6, 40, 5, 8, 3);
    expect(labels).toHaveLength(40);
    const order = Uint32Array.of(3, 1, 2, 0);
    const found = await ablation(inputs, { some: [order] }, crew);
    const { predicted } = await importance(inputs, await rangesOf(inputs.a, inputs.z), crew);
    expect(found.some![0]).toBe(1);
    expect(found.some).toEqual(await plain(inputs, order, true, predicted));
    expect(found.some_rest_dropped).toEqual(await plain(inputs, order, false, predicted));
  });

  it('leaves nothing of a feature that is gone: with all removed and the rest dropped, only the bias decides', async () => {
    const { labels, ...inputs } = { ...randomDecision(7, 30, 5, 4, 3), b: [0, 0, 1e-300] };
    const found = await ablation({ ...inputs, labels: new Int32Array(30).fill(2) }, { all: [Uint32Array.of(0, 1, 2, 3)] }, crew);
    expect(labels).toHaveLength(30);
    expect(found.all_rest_dropped![10]).toBe(1);
  });

  it('has the same bits for rows in any order, however they are cut, and whoever counts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.integer({ min: 2, max: 40 }), async (seed, hands) => {
        const [n, k] = [30, 5];
        const inputs = randomDecision(seed, n, 3, k, 3);
        const orders = ablationOrders(
          Float64Array.from({ length: k }, (_, j) => j),
          new Float64Array(k),
          new Uint8Array(k).fill(1),
          { seed, draws: 2 },
        );
        const found = await ablation(inputs, orders, crew);
        expect(await ablation(mixedRows(inputs, seed), orders, shuffledCrew(hands, seed))).toEqual(found);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses an order that names no feature, one twice, and a name without orders', async () => {
    const inputs = randomDecision(1, 6, 4, 3, 2);
    await expect(ablation(inputs, { mine: [Uint32Array.of(0, 3)] }, crew)).rejects.toThrow(
      'orders.mine, place 1: no such feature, or named twice (got 3); accepted: different whole numbers from 0 to 2',
    );
    await expect(ablation(inputs, { mine: [Uint32Array.of(1, 1)] }, crew)).rejects.toThrow('orders.mine, place 1');
    await expect(ablation(inputs, { mine: [] }, crew)).rejects.toThrow('orders.mine: no order (got 0)');
  });
});

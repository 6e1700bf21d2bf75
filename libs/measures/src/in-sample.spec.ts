import { Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import { crew } from './crews.fixture.js';
import { everyIndex } from './every-index.js';
import { expectWithin } from './expect-within.fixture.js';
import { inSampleR2, inSampleSystem } from './in-sample.js';
import { naiveR2, toRows } from './naive-probe.fixture.js';
import { sumsOf } from './probe-arrays.fixture.js';

const N = 80;

async function inSample(x: Float64Array, z: Float64Array): Promise<Float64Array> {
  const sums = await sumsOf(memoryRows('layer', x, N, x.length / N), memoryRows('codes', z, N, z.length / N));
  const system = await crew.run(inSampleSystem, { sums });
  return crew.run(inSampleR2, { sums, columns: everyIndex(z.length / N), system });
}

const normal = (seed: number, columns: number): Float64Array => {
  const out = new Float64Array(N * columns);
  new Prng(seed).fillGaussian(out);
  return out;
};

describe('in-sample R²', () => {
  it('is 1 for what the channels make up, 0 for a dead feature, and about d/(n − 1) for noise', async () => {
    const x = normal(1, 8);
    const noise = normal(2, 1);
    const z = Float64Array.from(
      { length: N * 3 },
      (_, at) => [3 + 2 * x[Math.floor(at / 3) * 8]! - x[Math.floor(at / 3) * 8 + 5]!, 0.2, noise[Math.floor(at / 3)]!][at % 3]!,
    );
    const found = await inSample(x, z);
    expectWithin(found.subarray(0, 2), [1, 0], 1e-12);
    expect(found[1]).toBe(0);
    expect(Math.abs(found[2]! - 8 / 79)).toBeLessThan(0.1);
  });

  it('does not change when channels are added that depend on the others, or are constant', async () => {
    const [x, z] = [normal(3, 4), normal(4, 3)];
    const more = Float64Array.from({ length: N * 8 }, (_, at) => {
      const row = [...x.subarray(Math.floor(at / 8) * 4, Math.floor(at / 8) * 4 + 4)] as [number, number, number, number];
      return [row[0] + row[1], row[0], row[1], 7, row[2], row[2] * 1000 + 5, row[3], row[0] - 3 * row[3]][at % 8]!;
    });
    expectWithin(await inSample(more, z), await inSample(x, z), 1e-9);
  });

  it('sees what only the small difference of two channels tells', async () => {
    const x = normal(7, 2);
    const z = Float64Array.from({ length: N }, (_, row) => x[row * 2 + 1]!);
    for (let row = 0; row < N; row += 1) x[row * 2 + 1] = x[row * 2]! + 1e-4 * x[row * 2 + 1]!;
    expectWithin(await inSample(x, z), [1], 1e-5);
  });

  it('is that of least squares by another method, and above the held-out one', async () => {
    const [x, z] = [normal(5, 3), normal(6, 2)];
    const found = await inSample(x, z);
    expectWithin(found, orthogonalR2(toRows(x, 3), toRows(z, 2)), 1e-7);
    naiveR2(toRows(x, 3), toRows(z, 2), 5, 1e-9).whole.forEach((heldOut, j) => expect(heldOut).toBeLessThan(found[j]!));
  });
});

/** R² by Gram–Schmidt on the columns: a method that the package does not use. */
function orthogonalR2(x: number[][], z: number[][]): number[] {
  const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const without = (v: number[], u: number[]): number[] => v.map((value, i) => value - (dot(v, u) / dot(u, u)) * u[i]!);
  const basis: number[][] = [x.map(() => 1)];
  for (let channel = 0; channel < x[0]!.length; channel += 1)
    basis.push(
      basis.reduce(
        without,
        x.map((row) => row[channel]!),
      ),
    );
  return z[0]!.map((_, j) => {
    const target = z.map((row) => row[j]!);
    const left = basis.reduce(without, target);
    const centred = without(target, basis[0]!);
    return 1 - dot(left, left) / dot(centred, centred);
  });
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { memoryRows } from '@fathom/tensors';

import { branchReading } from './branch-reading.js';
import { centredProducts } from './centred-products.js';
import { cka } from './cka.js';
import { crew } from './crews.fixture.js';
import { expectWithin } from './expect-within.fixture.js';
import { goldenCase } from './golden-case.fixture.js';
import { randomCase } from './naive-probe.fixture.js';
import { probeArrays, rangesOf } from './probe-arrays.fixture.js';

interface FlowFixture {
  readonly flow: {
    readonly case: 'planted' | 'wide';
    readonly layer: string;
    readonly features: number[];
    readonly r2: number[];
    readonly cka: number[];
  }[];
}
const { flow } = JSON.parse(readFileSync(join(__dirname, '../fixtures/flow.json'), 'utf8')) as FlowFixture;

describe('what a branch tells', () => {
  it.each(flow)(
    'is what scikit-learn’s ridge and CKA by Gram matrices give ($case, $layer)',
    async ({ case: name, layer, features, r2, cka: expected }) => {
      const golden = goldenCase(name);
      const [x, z] = [golden.rows('layers', layer), golden.rows('codes', 'z')];
      for (const [bits, near] of [
        [16, 1e-4],
        [24, 1e-6],
      ] as const) {
        const found = await branchReading(x, z, Uint32Array.from(features), { bits }, await rangesOf(x, z), crew);
        expectWithin(found.r2, r2, near);
        expectWithin(found.cka, expected, near);
      }
    },
  );

  it.each(['planted', 'wide'] as const)('is what a layer with the same values tells of these features (%s)', async (name) => {
    const golden = goldenCase(name);
    const [x, z] = [golden.rows('layers', '02_block'), golden.rows('codes', 'z')];
    const features = Uint32Array.of(z.columns - 1, 0, 7, 13);
    const found = await branchReading(x, z, features, {}, await rangesOf(x, z), crew);
    const { r2 } = await probeArrays(x, z, { null: false, inSample: false });
    const whole = cka(await centredProducts(x, z, await rangesOf(x, z), 16, crew));
    expect([...found.r2]).toEqual([...features].map((feature) => r2[feature]!));
    expect([...found.cka]).toEqual([...features].map((feature) => whole[feature]!));
    expect([found.r2[0], found.cka[0]]).toEqual([0, 0]);
  });

  it('is refused for a feature that there is not', async () => {
    const data = randomCase(1, 30, 3, 3);
    const [x, z] = [memoryRows('shortcut', data.x, 30, 3), memoryRows('codes', data.z, 30, 3)];
    await expect(branchReading(x, z, Uint32Array.of(1, 3), {}, await rangesOf(x, z), crew)).rejects.toThrow(
      'features: no such feature (got 3); accepted: features of codes, 0 to 2',
    );
  });
});

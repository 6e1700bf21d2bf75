import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { memoryRows } from '@fathom/tensors';

import { branchReading } from './branch-reading.js';
import { centredProducts } from './centred-products.js';
import { cka } from './cka.js';
import { columnRanges } from './column-ranges.js';
import { expectWithin } from './expect-within.fixture.js';
import { goldenCase } from './golden-case.fixture.js';
import { randomCase } from './naive-probe.fixture.js';
import { probeLayer } from './probe-layer.js';

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
      const found = await branchReading(x, z, Uint32Array.from(features), {}, { x: await columnRanges(x), z: await columnRanges(z) });
      expectWithin(found.r2, r2, 1e-10);
      expectWithin(found.cka, expected, 1e-10);
    },
  );

  it.each(['planted', 'wide'] as const)('is what a layer with the same values tells of these features (%s)', async (name) => {
    const golden = goldenCase(name);
    const [x, z] = [golden.rows('layers', '02_block'), golden.rows('codes', 'z')];
    const ranges = { x: await columnRanges(x), z: await columnRanges(z) };
    const features = Uint32Array.of(z.columns - 1, 0, 7, 13);
    const found = await branchReading(x, z, features, {}, ranges);
    const { r2 } = await probeLayer(x, z, { null: false, inSample: false }, ranges);
    const whole = cka(await centredProducts(x, z, ranges));
    expectWithin(
      found.r2,
      [...features].map((feature) => r2[feature]!),
      1e-12,
    );
    expectWithin(
      found.cka,
      [...features].map((feature) => whole[feature]!),
      1e-12,
    );
    expect([found.r2[0], found.cka[0]]).toEqual([0, 0]);
  });

  it('is refused for a feature that there is not', async () => {
    const data = randomCase(1, 30, 3, 3);
    const [x, z] = [memoryRows('shortcut', data.x, 30, 3), memoryRows('codes', data.z, 30, 3)];
    const ranges = { x: await columnRanges(x), z: await columnRanges(z) };
    await expect(branchReading(x, z, Uint32Array.of(1, 3), {}, ranges)).rejects.toThrow(
      'features: no such feature (got 3); accepted: features of codes, 0 to 2',
    );
  });
});

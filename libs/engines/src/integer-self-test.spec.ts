import { referenceEngine, type IntegerEngine, type ProductShape } from '@fathom/exact';
import { firstExact, isExact } from './integer-self-test.js';
import type { ProductEngine } from './product-engine.js';

// Jest looks up a global each time it is named.
const { floor, fround, max, min } = Math;

type Add = (sum: number, left: number, right: number) => number;

/** A product whose sums are kept by `add`, from the last step to the first. */
function summed(add: Add): IntegerEngine['product'] {
  return async (left, right, { rows, steps, columns }, out) => {
    for (let i = 0; i < rows * columns; i += 1) {
      const row = floor(i / columns);
      let sum = 0;
      for (let step = steps - 1; step >= 0; step -= 1) sum = add(sum, left[row * steps + step]!, right[step * columns + (i % columns)]!);
      out[i] = sum;
    }
  };
}

/** Pairs of products of unsigned and signed bytes added in 16 bits, as by processors without VNNI. */
const saturating: IntegerEngine['product'] = async (left, right, { rows, steps, columns }, out) => {
  for (let i = 0; i < rows * columns; i += 1) {
    const at = (step: number) => (step < steps ? left[floor(i / columns) * steps + step]! * right[step * columns + (i % columns)]! : 0);
    let sum = 0;
    for (let step = 0; step < steps; step += 2) sum += max(-32768, min(32767, at(step) + at(step + 1)));
    for (let step = 0; step < steps; step += 1) sum -= 128 * right[step * columns + (i % columns)]!;
    out[i] = sum;
  }
};

describe('isExact', () => {
  it('accepts exact products, in whatever order they are added', async () => {
    expect(await isExact((left, right, shape, out) => referenceEngine.product(left, right, shape, out))).toBe(true);
    expect(await isExact(summed((sum, left, right) => sum + (left - 128) * right))).toBe(true);
  });

  it.each<[string, IntegerEngine['product']]>([
    ['pairs that saturate in 16 bits', saturating],
    ['sums kept in float32 beyond 2²⁴', summed((sum, left, right) => fround(sum + (left - 128) * right))],
    ['sums that stop at 2³⁰ − 1', summed((sum, left, right) => min(2 ** 30 - 1, sum + (left - 128) * right))],
    ['left bytes read as signed', summed((sum, left, right) => sum + (((left << 24) >> 24) - 128) * right)],
    ['a largest byte that is read as one less', summed((sum, left, right) => sum + (min(254, left) - 128) * right)],
    ['a smallest byte that is read as one more', summed((sum, left, right) => sum + (left - 128) * max(-127, right))],
  ])('refuses %s', async (_title, product) => {
    expect(await isExact(product)).toBe(false);
  });

  it('refuses one wrong entry at the edge of one matrix, and what is not written at all', async () => {
    const lastOf = (wrong: (shape: ProductShape) => boolean): IntegerEngine['product'] => {
      return async (left, right, shape, out) => {
        await referenceEngine.product(left, right, shape, out);
        if (wrong(shape)) out[out.length - 1]! += 1;
      };
    };
    expect(await isExact(lastOf(({ rows }) => rows === 1))).toBe(false);
    expect(await isExact(lastOf(({ columns }) => columns === 1))).toBe(false);
    expect(await isExact(async () => undefined)).toBe(false);
  });
});

describe('firstExact', () => {
  const closed: string[] = [];
  const fake = (way: string, product: IntegerEngine['product']) => async (): Promise<ProductEngine> => ({
    name: 'fake',
    version: '1.2',
    way,
    device: 'cpu',
    threads: 1,
    product,
    close: async () => void closed.push(way),
  });
  const exact = summed((sum, left, right) => sum + (left - 128) * right);

  it('passes over an engine that is wrong here, closes it and takes the next', async () => {
    const engine = await firstExact([fake('fast', saturating), fake('slow', exact), fake('never', exact)]);
    expect(engine.way).toBe('slow');
    expect(closed).toEqual(['fast']);
  });

  it('passes over an engine that cannot multiply here, or does not open, and closes what it has opened', async () => {
    closed.length = 0;
    const throwing = fake('fast', () => Promise.reject(new Error('kernel not implemented')));
    const missing = () => Promise.reject(new Error('no such operator'));
    expect((await firstExact([throwing, missing, fake('slow', exact)])).way).toBe('slow');
    expect(closed).toEqual(['fast']);
    await expect(firstExact([throwing, missing])).rejects.toMatchObject({
      reason: 'ENGINE_UNAVAILABLE',
      message: 'integers are not multiplied exactly on this machine; tried: fake 1.2, fast: kernel not implemented; no such operator',
      cause: new Error('kernel not implemented'),
    });
  });

  it('refuses where all are wrong, and says what it tried', async () => {
    await expect(firstExact([fake('fast', saturating), fake('slow', saturating)])).rejects.toMatchObject({
      reason: 'ENGINE_UNAVAILABLE',
      message: 'integers are not multiplied exactly on this machine; tried: fake 1.2, fast; fake 1.2, slow',
    });
  });
});

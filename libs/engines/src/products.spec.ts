import { InputError } from '@fathom/errors';
import { MOST_STEPS, Prng, referenceEngine, type ProductShape } from '@fathom/exact';
import fc from 'fast-check';
import { CPU_WAYS, CUDA_WAYS, onnxruntimeProducts } from './onnxruntime-products.js';
import { ENGINE_NAMES, capabilities, productEngine, type EngineName } from './open-product-engine.js';
import type { ProductEngine } from './product-engine.js';
import { tensorflowProducts } from './tensorflow-products.js';

/** Every way that this processor can take; the GPU's is signed bytes. */
const WAYS: readonly (readonly [string, () => Promise<ProductEngine>])[] = [
  ...[...CPU_WAYS, ...CUDA_WAYS].map((way) => [`onnxruntime ${way.left}×${way.right}`, () => onnxruntimeProducts({}, [way])] as const),
  ['tensorflow', tensorflowProducts],
  ['reference', () => productEngine('reference')],
];

const KNOWN = new Map<string, Int32Array<ArrayBuffer>>();

describe.each(WAYS)('%s', (_title, open) => {
  let engine: ProductEngine;
  beforeAll(async () => (engine = await open()));
  afterAll(() => engine.close());

  it('multiplies matrices of any shape and any bytes as BigInt does', async () => {
    const size = fc.integer({ min: 0, max: 20 });
    const shapes = fc.record({ rows: size, steps: fc.integer({ min: 0, max: 70 }), columns: size });
    const cases = shapes.chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        left: fc.uint8Array({ minLength: shape.rows * shape.steps, maxLength: shape.rows * shape.steps }),
        right: fc.int8Array({ minLength: shape.steps * shape.columns, maxLength: shape.steps * shape.columns }),
        isShared: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, left, right, isShared }) => {
        const out = int32(shape.rows * shape.columns, isShared).fill(7);
        await engine.product(bytes(left, isShared), signed(right, isShared), shape, out);
        expect([...out].map(BigInt)).toEqual(bigProduct(left, right, shape));
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [0, -128],
    [0, 127],
    [255, -128],
    [255, 127],
  ])(`sums ${MOST_STEPS} products of the bytes %i and %i without a carry lost`, async (left, right) => {
    const shape = { rows: 3, steps: MOST_STEPS, columns: 2 };
    const out = new Int32Array(6);
    await engine.product(new Uint8Array(3 * MOST_STEPS).fill(left), new Int8Array(2 * MOST_STEPS).fill(right), shape, out);
    expect([...out]).toEqual(new Array(6).fill((left - 128) * right * MOST_STEPS));
  });

  it.each([
    { rows: 1030, steps: 600, columns: 40 },
    { rows: 2, steps: 16_500, columns: 30 },
    { rows: 3, steps: 30, columns: 2100 },
  ])('cuts a product of $rows × $steps × $columns into blocks and loses nothing, with arrays that threads share and without', async (shape) => {
    const { left, right, expected } = known(shape);
    const out = new Int32Array(expected.length);
    await engine.product(left, right, shape, out);
    expect(Buffer.from(out.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
    const shared = int32(expected.length, true);
    await engine.product(bytes(left, true), signed(right, true), shape, shared);
    expect(Buffer.from(shared.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
  });

  it('multiplies parts of larger arrays', async () => {
    const shape = { rows: 3, steps: 5, columns: 2 };
    const { left, right } = randomMatrices({ rows: 4, steps: 6, columns: 3 });
    const out = new Int32Array(10).fill(9);
    await engine.product(left.subarray(3, 18), right.subarray(1, 11), shape, out.subarray(2, 8));
    const expected = bigProduct(left.subarray(3, 18), right.subarray(1, 11), shape).map(Number);
    expect([...out]).toEqual([9, 9, ...expected, 9, 9]);
  });

  it('computes products that are asked for at once as if they were alone', async () => {
    const shapes = [
      { rows: 70, steps: 900, columns: 33 },
      { rows: 5, steps: 40, columns: 8 },
      { rows: 33, steps: 600, columns: 65 },
    ];
    const given = shapes.map((shape) => ({ shape, ...randomMatrices(shape) }));
    const together = await Promise.all(given.map((one) => productOf(engine, one)));
    for (const [i, one] of given.entries()) expect(together[i]).toEqual(await productOf(referenceEngine, one));
  });

  it('names too many steps and arrays of a wrong length', async () => {
    const product = (left: number, right: number, shape: ProductShape, out: number) =>
      engine.product(new Uint8Array(left), new Int8Array(right), shape, new Int32Array(out));
    const shape = { rows: 2, steps: 3, columns: 4 };
    await expect(product(0, 0, { rows: 0, steps: MOST_STEPS + 1, columns: 0 }, 0)).rejects.toMatchObject({ field: 'steps' });
    await expect(product(5, 12, shape, 8)).rejects.toMatchObject({ field: 'left', accepted: '6 values' });
    await expect(product(6, 13, shape, 8)).rejects.toMatchObject({ field: 'right' });
    await expect(product(6, 12, shape, 7)).rejects.toMatchObject({ field: 'out' });
    await product(6, 12, shape, 8);
  });
});

describe('productEngine', () => {
  it.each(ENGINE_NAMES)('opens %s, which says who it is and how it multiplies', async (name) => {
    const engine = await productEngine(name);
    expect(engine).toMatchObject({ name, version: expect.stringMatching(/^[0-9.]+$/), device: 'cpu', threads: 1 });
    expect(engine.way).toMatch(
      { onnxruntime: /^u8×[su]8 in int32$/, tensorflow: /^float32 \(\S+\), 512 steps a block$/, reference: /^float64$/ }[name],
    );
    await engine.close();
    const { version, way } = engine;
    expect(await capabilities(name)).toEqual({ name, version, way, device: 'cpu', threads: 1 });
  });

  it('names an engine that there is not, and threads out of range', async () => {
    const unknown = productEngine('numpy' as EngineName);
    await expect(unknown).rejects.toBeInstanceOf(InputError);
    await expect(unknown).rejects.toThrow('engine: unknown engine (got numpy); accepted: onnxruntime, tensorflow, reference');
    await expect(productEngine('onnxruntime', { threads: 0 })).rejects.toMatchObject({ field: 'threads', accepted: '1 to 256' });
  });

  it('gives the same integers with 1, 2 and 3 threads', async () => {
    const shape = { rows: 300, steps: 700, columns: 260 };
    const given = { shape, ...randomMatrices(shape) };
    const expected = await productOf(referenceEngine, given);
    for (const threads of [1, 2, 3]) {
      const engine = await productEngine('onnxruntime', { threads });
      expect(await productOf(engine, given)).toEqual(expected);
      expect(engine.threads).toBe(threads);
      await engine.close();
    }
  });

  it('says so where a GPU is asked for and there is none', async () => {
    await expect(productEngine('onnxruntime', { device: 'gpu' })).rejects.toMatchObject({
      reason: 'ENGINE_UNAVAILABLE',
      message: expect.stringContaining("cannot multiply integers on this machine's gpu"),
    });
  });
});

function randomMatrices({ rows, steps, columns }: ProductShape) {
  const random = new Prng(rows + steps + columns);
  const [left, right] = [new Uint8Array(rows * steps), new Int8Array(steps * columns)];
  for (let i = 0; i < left.length; i += 1) left[i] = random.uint32();
  for (let i = 0; i < right.length; i += 1) right[i] = random.uint32();
  return { left, right };
}

/** A product that is worked out by hand, once for all engines. */
function known(shape: ProductShape) {
  const key = JSON.stringify(shape);
  const { left, right } = randomMatrices(shape);
  const expected = KNOWN.get(key) ?? plainProduct(left, right, shape);
  KNOWN.set(key, expected);
  return { left, right, expected };
}

function plainProduct(left: Uint8Array, right: Int8Array, { rows, steps, columns }: ProductShape): Int32Array<ArrayBuffer> {
  const out = new Int32Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    for (let step = 0; step < steps; step += 1) {
      const factor = left[row * steps + step]! - 128;
      for (let column = 0; column < columns; column += 1) out[row * columns + column]! += factor * right[step * columns + column]!;
    }
  }
  return out;
}

async function productOf(engine: Pick<ProductEngine, 'product'>, given: { left: Uint8Array; right: Int8Array; shape: ProductShape }) {
  const out = new Int32Array(given.shape.rows * given.shape.columns);
  await engine.product(given.left, given.right, given.shape, out);
  return out;
}

function bigProduct(left: Uint8Array, right: Int8Array, { rows, steps, columns }: ProductShape): bigint[] {
  return Array.from({ length: rows * columns }, (_, i) => {
    const row = Math.floor(i / columns);
    let sum = 0n;
    for (let step = 0; step < steps; step += 1) sum += (BigInt(left[row * steps + step]!) - 128n) * BigInt(right[step * columns + (i % columns)]!);
    return sum;
  });
}

function bytes(values: Uint8Array, isShared: boolean): Uint8Array {
  const out = isShared ? new Uint8Array(new SharedArrayBuffer(values.length)) : new Uint8Array(values.length);
  out.set(values);
  return out;
}

function signed(values: Int8Array, isShared: boolean): Int8Array {
  const out = isShared ? new Int8Array(new SharedArrayBuffer(values.length)) : new Int8Array(values.length);
  out.set(values);
  return out;
}

function int32(length: number, isShared: boolean): Int32Array {
  return isShared ? new Int32Array(new SharedArrayBuffer(4 * length)) : new Int32Array(length);
}

import { checkProduct, type ProductShape } from '@fathom/exact';
import { firstExact } from './integer-self-test.js';
import { addBlock, productBlocks, type ProductBlock } from './product-blocks.js';
import type { ProductEngine } from './product-engine.js';
import { tensorflowRuntime, type TensorflowRuntime } from './tensorflow-runtime.js';

/**
 * Most rows, steps and columns of one product on float32. 512 steps of at most 2¹⁴ each stay below 2²⁴, so every partial sum is an
 * integer that float32 holds, in whatever order they are added (docs/measures.md §10.3).
 */
const LIMITS: ProductShape = { rows: 1024, steps: 512, columns: 1024 };

/**
 * Exact products by TensorFlow.js: on float32 in blocks whose sums are exact, added in int32.
 *
 * @throws FathomError ENGINE_UNAVAILABLE where TensorFlow.js is not installed, or not exact on this machine
 */
export async function tensorflowProducts(): Promise<ProductEngine> {
  return firstExact([async () => new TensorflowProducts(await tensorflowRuntime())]);
}

class TensorflowProducts implements ProductEngine {
  readonly name = 'tensorflow';
  readonly version: string;
  readonly way: string;
  readonly device: 'cpu' | 'gpu';
  readonly threads = 1;

  constructor(private readonly runtime: TensorflowRuntime) {
    this.version = runtime.version;
    this.device = runtime.device;
    this.way = `float32 (${runtime.backend}), ${LIMITS.steps} steps a block`;
  }

  async product(left: Uint8Array, right: Int8Array, shape: ProductShape, out: Int32Array): Promise<void> {
    checkProduct(left, right, shape, out);
    if (shape.steps === 0) out.fill(0);
    for (const block of productBlocks(shape, LIMITS)) addBlock(await this.block(left, right, shape, block), out, shape.columns, block);
  }

  async close(): Promise<void> {
    // Nothing is kept between products.
  }

  private async block(left: Uint8Array, right: Int8Array, shape: ProductShape, { rows, columns, steps }: ProductBlock): Promise<Float32Array> {
    const { core } = this.runtime;
    const factors = floats(left, rows.from * shape.steps + steps.from, shape.steps, rows.size, steps.size, 128);
    const others = floats(right, steps.from * shape.columns + columns.from, shape.columns, steps.size, columns.size, 0);
    const a = core.tensor2d(factors, [rows.size, steps.size]);
    const b = core.tensor2d(others, [steps.size, columns.size]);
    const product = core.matMul(a, b);
    try {
      return await product.data<'float32'>();
    } finally {
      core.dispose([a, b, product]);
    }
  }
}

function floats(bytes: Uint8Array | Int8Array, offset: number, stride: number, rows: number, width: number, zero: number): Float32Array {
  const out = new Float32Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    const from = offset + row * stride;
    const to = row * width;
    for (let i = 0; i < width; i += 1) out[to + i] = bytes[from + i]! - zero;
  }
  return out;
}

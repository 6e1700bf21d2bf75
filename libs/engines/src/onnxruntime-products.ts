import { FathomError, InputError } from '@fathom/errors';
import { checkProduct, type ProductShape } from '@fathom/exact';
import { InferenceSession, Tensor, env } from 'onnxruntime-node';
import { firstExact } from './integer-self-test.js';
import { matMulIntegerModel, type ByteType } from './matmul-integer-model.js';
import { addBlock, productBlocks, type BlockLimits, type ProductBlock } from './product-blocks.js';
import type { ProductEngine, ProductOptions } from './product-engine.js';
import { Scratch } from './scratch.js';
import { sessionOptions } from './session-options.js';
import { Turns } from './turns.js';

/** A way that onnxruntime multiplies bytes. */
export interface ByteWay {
  readonly left: ByteType;
  readonly right: ByteType;
}

/** Fastest first: the first that is exact on this processor is taken. Those without VNNI saturate the sums of the first. */
export const CPU_WAYS: readonly ByteWay[] = [
  { left: 'uint8', right: 'int8' },
  { left: 'uint8', right: 'uint8' },
];
/** CUDA knows products of signed bytes alone. */
export const CUDA_WAYS: readonly ByteWay[] = [{ left: 'int8', right: 'int8' }];

// Blocks up to this size keep to the processor's caches; twice the rows take a third more time for each step.
const MOST_ROWS = 1024;
const MOST_COLUMNS = 2048;
/** No sum of a block leaves int32 in any of the ways: 33,025 steps of unsigned bytes would (docs/measures.md §10.3). */
const MOST_BLOCK_STEPS = 16_384;
/** Most bytes of a block of the right matrix; a block of the left one has no more. */
const MOST_BYTES = 16 * 2 ** 20;
const MOST_THREADS = 256;
/** Turns a signed byte into the unsigned one that is 128 more, and back; here four of them. */
const FLIP = 0x80808080;

/**
 * Exact products by onnxruntime's MatMulInteger, in the fastest way that computes extreme and random matrices right here and now.
 * Products of one engine are computed one after another, in the order they were asked for.
 *
 * @throws InputError where threads is out of range
 * @throws FathomError ENGINE_UNAVAILABLE where no way is exact, or there is no such device
 */
export async function onnxruntimeProducts(
  options: ProductOptions = {},
  ways = options.device === 'gpu' ? CUDA_WAYS : CPU_WAYS,
): Promise<ProductEngine> {
  const { threads = 1, device = 'cpu' } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS)
    throw new InputError({ field: 'threads', problem: 'out of range', value: threads, accepted: `1 to ${MOST_THREADS}` });
  return firstExact(ways.map((way) => async () => new OnnxruntimeProducts(await openSession(way, threads, device), way, device, threads)));
}

const VERSION = env.versions.node ?? env.versions.common;

function wayName({ left, right }: ByteWay): string {
  return `${left === 'uint8' ? 'u8' : 's8'}×${right === 'uint8' ? 'u8' : 's8'} in int32`;
}

class OnnxruntimeProducts implements ProductEngine {
  readonly name = 'onnxruntime';
  readonly version = VERSION;
  readonly way: string;
  private readonly turns = new Turns();
  // onnxruntime takes no arrays that threads share, and only whole ones: blocks are copied here where need be.
  private readonly left = new Scratch();
  private readonly right = new Scratch();
  private readonly out = new Scratch();

  constructor(
    private readonly session: InferenceSession,
    private readonly bytes: ByteWay,
    readonly device: 'cpu' | 'gpu',
    readonly threads: number,
  ) {
    this.way = device === 'gpu' ? `${wayName(bytes)} by CUDA` : wayName(bytes);
  }

  async product(left: Uint8Array, right: Int8Array, shape: ProductShape, out: Int32Array): Promise<void> {
    checkProduct(left, right, shape, out);
    if (shape.steps === 0) out.fill(0);
    await this.turns.take(async () => {
      for (const block of productBlocks(shape, blockLimits(shape.steps))) await this.block(left, right, shape, out, block);
    });
  }

  async close(): Promise<void> {
    await this.session.release();
  }

  private async block(left: Uint8Array, right: Int8Array, shape: ProductShape, out: Int32Array, block: ProductBlock): Promise<void> {
    const { rows, columns, steps } = block;
    const feeds = {
      left: new Tensor(this.bytes.left, this.leftBlock(left, shape, block), [rows.size, steps.size]),
      right: new Tensor(this.bytes.right, this.rightBlock(right, shape, block), [steps.size, columns.size]),
    };
    const isInPlace = columns.size === shape.columns && steps.from === 0 && !isShared(out);
    const sums = isInPlace
      ? out.subarray(rows.from * shape.columns, (rows.from + rows.size) * shape.columns)
      : this.out.int32(rows.size * columns.size);
    await this.session.run(feeds, { product: new Tensor('int32', sums, [rows.size, columns.size]) });
    if (!isInPlace) addBlock(sums, out, shape.columns, block);
  }

  private leftBlock(left: Uint8Array, shape: ProductShape, { rows, steps }: ProductBlock): Uint8Array | Int8Array {
    const isSigned = this.bytes.left === 'int8';
    if (steps.size === shape.steps && !isShared(left) && !isSigned) {
      return left.subarray(rows.from * shape.steps, (rows.from + rows.size) * shape.steps);
    }
    const bytes = this.left.bytes(rows.size * steps.size);
    copyRows(left, rows.from * shape.steps + steps.from, shape.steps, bytes, rows.size, steps.size);
    return isSigned ? new Int8Array(flipped(bytes).buffer, 0, bytes.length) : bytes;
  }

  private rightBlock(right: Int8Array, shape: ProductShape, { columns, steps }: ProductBlock): Uint8Array | Int8Array {
    const isUnsigned = this.bytes.right === 'uint8';
    if (columns.size === shape.columns && !isShared(right) && !isUnsigned) {
      return right.subarray(steps.from * shape.columns, (steps.from + steps.size) * shape.columns);
    }
    const bytes = this.right.bytes(steps.size * columns.size);
    copyRows(
      new Uint8Array(right.buffer, right.byteOffset, right.length),
      steps.from * shape.columns + columns.from,
      shape.columns,
      bytes,
      steps.size,
      columns.size,
    );
    return isUnsigned ? flipped(bytes) : new Int8Array(bytes.buffer, 0, bytes.length);
  }
}

async function openSession(way: ByteWay, threads: number, device: 'cpu' | 'gpu'): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(matMulIntegerModel(way.left, way.right), {
      ...sessionOptions(threads, device),
    });
  } catch (error) {
    throw new FathomError('ENGINE_UNAVAILABLE', `onnxruntime ${VERSION} cannot multiply integers on this machine's ${device}`, { cause: error });
  }
}

function blockLimits(steps: number): BlockLimits {
  const most = Math.min(Math.max(1, steps), MOST_BLOCK_STEPS);
  return { rows: MOST_ROWS, columns: Math.min(MOST_COLUMNS, Math.floor(MOST_BYTES / most / 64) * 64), steps: most };
}

function isShared(array: { readonly buffer: ArrayBufferLike }): boolean {
  return array.buffer instanceof SharedArrayBuffer;
}

function copyRows(from: Uint8Array, offset: number, stride: number, to: Uint8Array, rows: number, width: number): void {
  if (stride === width) to.set(from.subarray(offset, offset + rows * width));
  else for (let row = 0; row < rows; row += 1) to.set(from.subarray(offset + row * stride, offset + row * stride + width), row * width);
}

function flipped(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const words = new Int32Array(bytes.buffer, 0, Math.ceil(bytes.length / 4));
  for (let i = 0; i < words.length; i += 1) words[i] = words[i]! ^ FLIP;
  return bytes;
}

import { FathomError, InputError } from '@fathom/errors';
import { InferenceSession, Tensor, env } from 'onnxruntime-node';
import { addOutputs } from './add-outputs.js';
import type { Engine, LayerOutput, Network, NetworkOptions } from './engine.js';
import { MOST_BATCH, MOST_INPUT_VALUES, imageInput, type ImageInput } from './image-input.js';
import { NetworkGraph } from './network-graph.js';
import { decodeModel } from './onnx-decoder.js';
import { unsupportedModel } from './unsupported-model.js';

// Without it onnxruntime reports its use to its maker, keeps an identifier of the machine and leaves files in the temporary
// folder. It is read when the first network is opened; only the main thread's environment reaches native code.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

const MOST_THREADS = 256;
/** Errors are thrown, so nothing but a crash needs printing. */
const FATAL_ONLY = 4;

/** Runs ONNX networks on the CPU by onnxruntime-node. The same bits on the same build and kind of machine (docs/measures.md §10.1). */
export const onnxruntime: Engine = {
  name: 'onnxruntime',
  version: env.versions.node ?? env.versions.common,
  async open(model, taps, options = {}) {
    const { batch, threads } = checkOptions(options);
    const input = imageInput(new NetworkGraph(decodeModel(model).graph));
    checkBatch(input, batch);
    const tapped = addOutputs(model, taps);
    const session = await createSession(tapped, threads);
    return new OnnxruntimeNetwork(session, input, input.fixedBatch ?? batch, [...taps]);
  },
};

class OnnxruntimeNetwork implements Network {
  private isOpen = true;

  constructor(
    private readonly session: InferenceSession,
    readonly input: ImageInput,
    readonly batch: number,
    readonly taps: readonly string[],
  ) {}

  async run(images: Float32Array, count: number): Promise<Map<string, LayerOutput>> {
    const { name, channels, height, width } = this.input;
    const size = channels * height * width;
    if (!Number.isInteger(count) || count < 1 || count > this.batch) {
      throw new InputError({ field: 'count', problem: 'out of range', value: count, accepted: `1 to ${this.batch} images` });
    }
    if (images.length !== count * size) {
      const accepted = `${count} × ${channels} × ${height} × ${width} = ${count * size} values`;
      throw new InputError({ field: 'images', problem: 'wrong number of values', value: images.length, accepted });
    }
    let padded = images;
    if (count < this.batch) {
      padded = new Float32Array(this.batch * size);
      padded.set(images);
    }
    const outputs = await this.pass(name, new Tensor('float32', padded, [this.batch, channels, height, width]));
    return new Map(this.taps.map((tap) => [tap, this.firstRows(tap, outputs[tap], count)]));
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.session.release();
  }

  private async pass(name: string, images: Tensor): Promise<InferenceSession.OnnxValueMapType> {
    if (!this.isOpen) throw new FathomError('INTERNAL', 'the network was closed already');
    try {
      return await this.session.run({ [name]: images }, [...this.taps]);
    } catch (error) {
      throw unsupportedModel(`it fails on a batch of ${this.batch} images: ${firstLine(error)}`, 'a network that runs at this batch size', error);
    }
  }

  private firstRows(tap: string, output: InferenceSession.OnnxValueMapType[string] | undefined, count: number): LayerOutput {
    if (!(output?.data instanceof Float32Array)) {
      throw unsupportedModel(`tap "${tap}" is of type ${output?.type ?? 'unknown'}`, 'taps of float32');
    }
    const [rows, ...rest] = output.dims;
    if (rows !== this.batch) {
      throw unsupportedModel(
        `tap "${tap}" has shape [${output.dims.join(', ')}] for ${this.batch} images`,
        'taps whose first dimension is the images',
      );
    }
    return { data: output.data.subarray(0, (output.data.length / rows) * count), shape: [count, ...rest] };
  }
}

async function createSession(model: Uint8Array, threads: number): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: FATAL_ONLY,
    });
  } catch (error) {
    throw unsupportedModel(
      `onnxruntime refuses it: ${firstLine(error)}`,
      `operators and operator sets that onnxruntime ${onnxruntime.version} knows`,
      error,
    );
  }
}

function checkOptions(options: NetworkOptions): Required<NetworkOptions> {
  return {
    batch: within('batch', options.batch ?? 64, MOST_BATCH),
    threads: within('threads', options.threads ?? 1, MOST_THREADS),
  };
}

/** A fixed batch was checked with the input. */
function checkBatch({ channels, height, width, fixedBatch }: ImageInput, batch: number): void {
  const size = channels * height * width;
  if (fixedBatch !== null || batch * size <= MOST_INPUT_VALUES) return;
  const most = Math.floor(MOST_INPUT_VALUES / size);
  throw new InputError({
    field: 'batch',
    problem: `too large for images of ${channels} × ${height} × ${width}`,
    value: batch,
    accepted: `1 to ${most}`,
  });
}

function within(field: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new InputError({ field, problem: 'out of range', value, accepted: `an integer from 1 to ${most}` });
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

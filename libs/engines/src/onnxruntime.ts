import { FathomError } from '@fathom/errors';
import { InferenceSession, Tensor, env } from 'onnxruntime-node';
import { addOutputs, meanOf } from './add-outputs.js';
import type { Engine, LayerOutput, Network } from './engine.js';
import { imageInput, type ImageInput } from './image-input.js';
import { isMap } from './is-map.js';
import { paddedImages } from './padded-images.js';
import { passOptions } from './pass-options.js';
import { sessionOptions } from './session-options.js';
import { NetworkGraph } from './network-graph.js';
import { CHECKED } from './model-budget.js';
import { decodeModel } from './onnx-decoder.js';
import { unsupportedModel } from './unsupported-model.js';

/** Runs ONNX networks by onnxruntime-node. The same bits on the same build and kind of machine (docs/measures.md §10.1). */
export const onnxruntime: Engine = {
  name: 'onnxruntime',
  version: env.versions.node ?? env.versions.common,
  async open(model, taps, options = {}) {
    const graph = new NetworkGraph(decodeModel(model, CHECKED).graph);
    const input = imageInput(graph);
    const { batch, threads, device, averaged } = passOptions(input, options);
    const means = taps.filter((tap) => averaged.includes(tap) && isMap(graph, tap));
    const session = await createSession(addOutputs(model, taps, means), threads, device);
    const outputs = new Map(taps.map((tap) => [tap, means.includes(tap) ? meanOf(tap) : tap]));
    return new OnnxruntimeNetwork(session, input, batch, outputs);
  },
};

class OnnxruntimeNetwork implements Network {
  readonly taps: readonly string[];
  private isOpen = true;

  /** @param outputs by tap, the session's output */
  constructor(
    private readonly session: InferenceSession,
    readonly input: ImageInput,
    readonly batch: number,
    private readonly outputs: ReadonlyMap<string, string>,
  ) {
    this.taps = [...outputs.keys()];
  }

  async run(images: Float32Array, count: number): Promise<Map<string, LayerOutput>> {
    const { name, channels, height, width } = this.input;
    const padded = paddedImages(this.input, this.batch, images, count);
    const outputs = await this.pass(name, new Tensor('float32', padded, [this.batch, channels, height, width]));
    return new Map(Array.from(this.outputs, ([tap, output]) => [tap, this.firstRows(tap, outputs[output], count)]));
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.session.release();
  }

  private async pass(name: string, images: Tensor): Promise<InferenceSession.OnnxValueMapType> {
    if (!this.isOpen) throw new FathomError('INTERNAL', 'the network was closed already');
    try {
      return await this.session.run({ [name]: images }, [...this.outputs.values()]);
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

async function createSession(model: Uint8Array, threads: number, device: 'cpu' | 'gpu'): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, {
      ...sessionOptions(threads, device),
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
    });
  } catch (error) {
    throw unsupportedModel(
      `onnxruntime refuses it: ${firstLine(error)}`,
      `operators and operator sets that onnxruntime ${onnxruntime.version} knows`,
      error,
    );
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

import { FathomError } from '@fathom/errors';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine, LayerOutput, Network } from './engine.js';
import { imageInput, type ImageInput } from './image-input.js';
import { decodeLayers } from './layers-decoder.js';
import { readLayers } from './layers-file.js';
import { CHECKED } from './model-budget.js';
import { NetworkGraph } from './network-graph.js';
import { paddedImages } from './padded-images.js';
import { passOptions } from './pass-options.js';
import { checkTaps } from './tap-names.js';
import { TENSORFLOW_VERSION, layersLibrary, tensorflowRuntime, type TensorflowCore } from './tensorflow-runtime.js';
import { unsupportedModel } from './unsupported-model.js';

/**
 * Runs TF.js layers models, packed to one string of bytes, on whichever TensorFlow.js package is installed. Images go in and layers
 * come out with channels first, as from ONNX networks. The same bits on the same build and kind of machine (docs/measures.md §10.1).
 */
export const tensorflow: Engine = {
  name: 'tensorflow',
  version: TENSORFLOW_VERSION,
  async open(packed, taps, options = {}) {
    const graph = new NetworkGraph(decodeLayers(packed, CHECKED).graph);
    const input = imageInput(graph);
    const { batch } = passOptions(input, options);
    checkTaps(graph, taps);
    const { core } = await tensorflowRuntime();
    const { whole, tapped } = await load(core, packed, taps);
    return new TensorflowNetwork(core, whole, tapped, input, batch, [...taps]);
  },
};

class TensorflowNetwork implements Network {
  private isOpen = true;

  constructor(
    private readonly core: TensorflowCore,
    /** All layers, those behind the last tap too. */
    private readonly whole: LayersModel,
    private readonly tapped: LayersModel,
    readonly input: ImageInput,
    readonly batch: number,
    readonly taps: readonly string[],
  ) {}

  async run(images: Float32Array, count: number): Promise<Map<string, LayerOutput>> {
    const padded = paddedImages(this.input, this.batch, images, count);
    if (!this.isOpen) throw new FathomError('INTERNAL', 'the network was closed already');
    const outputs = this.pass(padded);
    try {
      const named = this.taps.map(async (tap, i) => [tap, await this.firstRows(tap, outputs[i]!, count)] as const);
      return new Map(await Promise.all(named));
    } finally {
      this.core.dispose(outputs);
    }
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.whole.dispose();
  }

  /** The layers of a batch, channels first. */
  private pass(images: Float32Array): Tensor[] {
    const { core, batch } = this;
    const { channels, height, width } = this.input;
    try {
      return core.tidy(() => {
        const channelsFirst: Tensor4D = core.tensor4d(images, [batch, channels, height, width]);
        const outputs = this.tapped.predictOnBatch(core.transpose(channelsFirst, [0, 2, 3, 1]));
        return [outputs].flat().map((output) => (output.rank === 4 ? core.transpose(output, [0, 3, 1, 2]) : output));
      });
    } catch (error) {
      throw unsupportedModel(`it fails on a batch of ${batch} images: ${said(error)}`, 'a network that runs at this batch size', error);
    }
  }

  private async firstRows(tap: string, output: Tensor, count: number): Promise<LayerOutput> {
    const [rows, ...rest] = output.shape;
    if (output.dtype !== 'float32') throw unsupportedModel(`tap "${tap}" is of type ${output.dtype}`, 'taps of float32');
    if (rows !== this.batch) {
      const problem = `tap "${tap}" has shape [${output.shape.join(', ')}] for ${this.batch} images`;
      throw unsupportedModel(problem, 'taps whose first dimension is the images');
    }
    const data = await output.data<'float32'>();
    return { data: data.slice(0, (data.length / rows) * count), shape: [count, ...rest] };
  }
}

/** A network, and the same layers with the named ones as outputs. */
async function load(core: TensorflowCore, packed: Uint8Array, taps: readonly string[]): Promise<{ whole: LayersModel; tapped: LayersModel }> {
  const { topology, weights } = readLayers(packed);
  const layers = layersLibrary();
  const weightData = new Uint8Array(Buffer.concat(weights.map(({ bytes }) => bytes))).buffer;
  const weightSpecs = weights.map(({ name, shape }) => ({ name, shape: [...shape], dtype: 'float32' as const }));
  try {
    const whole = await layers.loadLayersModel(core.io.fromMemory({ modelTopology: topology as object, weightSpecs, weightData }));
    const tapped = layers.model({ inputs: whole.inputs, outputs: taps.map((tap) => [whole.getLayer(tap).output].flat()[0]!) });
    return { whole, tapped };
  } catch (error) {
    throw unsupportedModel(`TensorFlow.js refuses it: ${said(error)}`, `layers that TensorFlow.js ${TENSORFLOW_VERSION} knows`, error);
  }
}

function said(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

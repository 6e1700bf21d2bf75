import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { packLayers, weightFiles } from './layers-file.js';
import { layersLibrary, tensorflowRuntime } from './tensorflow-runtime.js';

/** A network as TensorFlow.js itself saves it, packed. */
export async function saved(model: LayersModel): Promise<Uint8Array> {
  const { core } = await tensorflowRuntime();
  let packed = new Uint8Array(0);
  const handler = core.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
    packed = new Uint8Array(packLayers(Buffer.from(JSON.stringify({ modelTopology, weightsManifest })), [new Uint8Array(weightData as ArrayBuffer)]));
    return {} as never;
  });
  await model.save(handler);
  return packed;
}

/** A topology, as Keras writes it, with weights that are all 0. */
export function written(modelTopology: object, weights: readonly { name: string; shape: readonly number[] }[] = [], more: object = {}): Uint8Array {
  const specs = weights.map((weight) => ({ ...weight, dtype: 'float32', ...more }));
  const size = weights.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
  const json = { modelTopology, weightsManifest: [{ paths: ['w'], weights: specs }] };
  return packLayers(Buffer.from(JSON.stringify(json)), [new Uint8Array(4 * size)]);
}

/** A network of one identity block with ReLU and a projection block without, on images of 4 × 6 × 3, with seeded weights. */
export async function twoBlocks(): Promise<LayersModel> {
  await tensorflowRuntime();
  const { input, layers, model, initializers } = layersLibrary();
  let seed = 0;
  const conv = (name: string, filters: number, options: object = {}) =>
    layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', kernelInitializer: initializers.glorotNormal({ seed: ++seed }), ...options });
  const image = input({ shape: [4, 6, 3], name: 'image' });
  const one = <T>(output: T | T[]): T => [output].flat()[0] as T;
  const stem = one(conv('stem', 3, { activation: 'relu' }).apply(image));
  const main = one(conv('a.main', 3).apply(one(conv('a.hidden', 5, { activation: 'relu' }).apply(stem))));
  const a = one(layers.reLU({ name: 'a' }).apply(layers.add({ name: 'a.add' }).apply([main, stem] as never)));
  const inner = one(conv('b.main', 7).apply(one(conv('b.hidden', 5, { activation: 'elu' }).apply(a))));
  const projected = one(conv('b.shortcut', 7, { kernelSize: 1 }).apply(a));
  const normal = one(layers.batchNormalization({ name: 'b.norm' }).apply(projected));
  const b = one(layers.add({ name: 'b.add' }).apply([inner, normal] as never));
  const pooled = one(layers.globalAveragePooling2d({ name: 'pool', dataFormat: 'channelsLast' }).apply(b));
  const kernelInitializer = initializers.glorotNormal({ seed: ++seed });
  const probabilities = layers.dense({ name: 'classes', units: 5, activation: 'softmax', kernelInitializer }).apply(pooled);
  return model({ inputs: image, outputs: one(probabilities) as never });
}

const FOLDER = join(__dirname, '../../../models/fashion/layers');

/** The demo network as it lies in models/fashion. */
export function fashionLayers(): Uint8Array {
  const json = readFileSync(join(FOLDER, 'model.json'));
  return packLayers(
    json,
    weightFiles(json).map((file) => readFileSync(join(FOLDER, file))),
  );
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { fashionLayers, saved, twoBlocks, written } from './layers-file.fixture.js';
import { describeNetwork } from './network-description.js';
import { someValues } from './onnx-file.fixture.js';
import { engineOf, openNetwork } from './open-network.js';
import { onnxruntime } from './onnxruntime.js';
import { preprocess } from './preprocessing.js';
import { tensorflow } from './tensorflow.js';
import { tensorflowRuntime } from './tensorflow-runtime.js';

// Jest looks up a global each time it is named.
const { abs, max } = Math;
const FASHION = join(__dirname, '../../../models/fashion');
const bytesOf = (file: string) => readFileSync(join(FASHION, file));
const SIZE = 3 * 4 * 6;
const unsupported = (message: RegExp) => expect.objectContaining({ reason: 'UNSUPPORTED_MODEL', message: expect.stringMatching(message) });

describe('the demo network as a TF.js layers model', () => {
  const layers = fashionLayers();
  const onnx = bytesOf('checkpoints/epoch-15.onnx');

  it('has the structure and the head of the ONNX file, bit for bit', () => {
    const { opset: _a, producer: _b, ...found } = describeNetwork(layers);
    expect(describeNetwork(onnx)).toMatchObject(found);
  });

  it('agrees with the ONNX file to 1e-4 of the largest value at every tap, branch and logit', async () => {
    const { blocks, taps } = describeNetwork(onnx);
    const names = [...new Set([...taps, ...blocks.flatMap(({ tap, add, shortcut, main }) => [tap, add, shortcut, main]), 'logits'])];
    const card = JSON.parse(bytesOf('fashion.json').toString()) as { preprocessing: Parameters<typeof preprocess>[2] };
    const pixels = gunzipSync(bytesOf('images/t10k-images-idx3-ubyte.gz')).subarray(16, 16 + 20 * 784);
    const images = preprocess(pixels, 20, card.preprocessing);
    const run = async (model: Uint8Array) => {
      const network = await openNetwork(model, names, { batch: 20 });
      const outputs = await network.run(images, 20);
      await network.close();
      return outputs;
    };
    const [expected, found] = [await run(onnx), await run(layers)];
    for (const name of names) {
      const [reference, values] = [expected.get(name)!, found.get(name)!];
      expect(values.shape).toEqual(reference.shape);
      const largest = reference.data.reduce((most, value) => max(most, abs(value)), 0);
      const furthest = values.data.reduce((most, value, i) => max(most, abs(value - reference.data[i]!)), 0);
      expect(furthest / largest).toBeLessThan(1e-4);
    }
  }, 120_000);
});

describe('a network of TF.js', () => {
  const taps = ['stem', 'a.add', 'a', 'b.norm', 'b.add', 'pool', 'classes'];
  let packed: Uint8Array;
  beforeAll(async () => (packed = await saved(await twoBlocks())));

  it('takes images with channels first and gives layers with channels first, as TensorFlow.js computes them', async () => {
    const { core } = await tensorflowRuntime();
    const images = Float32Array.from(someValues(3 * SIZE));
    const network = await tensorflow.open(packed, ['b.add', 'classes'], { batch: 3 });
    const outputs = await network.run(images, 3);
    expect(outputs.get('b.add')!.shape).toEqual([3, 7, 4, 6]);
    const model = await twoBlocks();
    // Pixel (2, 4) of channel 1, put in place by hand.
    const last = core.tidy(() => {
      const at = (n: number, y: number, x: number, c: number) => images[n * SIZE + c * 24 + y * 6 + x]!;
      const values = Array.from({ length: 3 * SIZE }, (_, i) => at(Math.floor(i / SIZE), Math.floor(i / 18) % 4, Math.floor(i / 3) % 6, i % 3));
      return [model.predict(core.tensor4d(values, [3, 4, 6, 3]))].flat()[0]!.dataSync();
    });
    outputs.get('classes')!.data.forEach((value, i) => expect(value).toBeCloseTo(last[i]!, 5));
    await network.close();
    model.dispose();
  });

  it('gives an image the same bits in any company, order and batch', async () => {
    const pool = Array.from({ length: 6 }, (_, image) => someValues(SIZE, image + 1));
    const network = await tensorflow.open(packed, taps, { batch: 5 });
    const rowsOf = async (images: number[]) => {
      const outputs = await network.run(Float32Array.from(images.flatMap((image) => pool[image]!)), images.length);
      return images.map((_, row) =>
        taps.map((tap) => {
          const { data, shape } = outputs.get(tap)!;
          const width = data.length / shape[0]!;
          return Buffer.from(data.slice(row * width, (row + 1) * width).buffer).toString('hex');
        }),
      );
    };
    const alone: string[][] = [];
    for (const image of pool.keys()) alone.push((await rowsOf([image]))[0]!);
    const companies = fc.array(fc.nat(pool.length - 1), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(companies, async (images) => {
        expect(await rowsOf(images)).toEqual(images.map((image) => alone[image]));
      }),
      { numRuns: 40, seed: 3 },
    );
    await network.close();
  });

  it.each([[taps], [['stem']]])('keeps no memory of passes and closed networks, whether it is tapped to its end or not (%j)', async (names) => {
    const { core } = await tensorflowRuntime();
    const before = core.memory().numTensors;
    const network = await tensorflow.open(packed, names, { batch: 2 });
    const open = core.memory().numTensors;
    await network.run(new Float32Array(SIZE), 1);
    expect(core.memory().numTensors).toBe(open);
    await network.close();
    expect(core.memory().numTensors).toBe(before);
  });

  it('is opened by the engine that reads it', async () => {
    expect(engineOf(packed)).toBe(tensorflow);
    expect(engineOf(bytesOf('checkpoints/epoch-15.onnx'))).toBe(onnxruntime);
    expect(tensorflow).toMatchObject({ name: 'tensorflow', version: '4.22.0' });
  });

  it('refuses counts, images, options and taps that are wrong', async () => {
    const network = await tensorflow.open(packed, ['a'], { batch: 2 });
    await expect(network.run(new Float32Array(3 * SIZE), 3)).rejects.toThrow('count: out of range (got 3); accepted: 1 to 2 images');
    await expect(network.run(new Float32Array(5), 1)).rejects.toThrow('accepted: 1 × 3 × 4 × 6 = 72 values');
    await network.close();
    await network.close();
    await expect(network.run(new Float32Array(SIZE), 1)).rejects.toThrow('the network was closed already');
    await expect(tensorflow.open(packed, ['a'], { batch: 0 })).rejects.toThrow('batch: out of range (got 0)');
    await expect(tensorflow.open(packed, ['a.ad'])).rejects.toThrow('taps: no tensor that the network makes of the image (got a.ad)');
    await expect(tensorflow.open(Buffer.from('{}'), ['a'])).rejects.toThrow('model: not a packed layers model');
  });

  it('refuses layers that it does not know', async () => {
    const layers = [
      { class_name: 'Frobnicate', config: { name: 'f', batch_input_shape: [null, 4, 4, 3] } },
      { class_name: 'Flatten', config: { name: 'flat' } },
    ];
    const unknown = written({ class_name: 'Sequential', config: { layers } });
    await expect(tensorflow.open(unknown, ['f'])).rejects.toEqual(unsupported(/TensorFlow\.js refuses it: .*Frobnicate.*accepted: layers that/));
  });
});

describe('TensorFlow.js in worker threads', () => {
  it('multiplies and runs networks in two at once', async () => {
    const script = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { openNetwork, productEngine } = require(${JSON.stringify(join(__dirname, '..'))});
      void (async () => {
        const out = new Int32Array(1);
        await (await productEngine('tensorflow')).product(new Uint8Array([130]), new Int8Array([-5]), { rows: 1, steps: 1, columns: 1 }, out);
        const network = await openNetwork(workerData, ['pool'], { batch: 2 });
        const { data } = (await network.run(new Float32Array(${SIZE}).fill(1), 1)).get('pool');
        parentPort.postMessage({ product: out[0], pool: Buffer.from(data.buffer).toString('hex') });
      })();`;
    const packed = await saved(await twoBlocks());
    const answer = () =>
      new Promise<{ product: number; pool: string }>((resolve, reject) => {
        new Worker(script, { eval: true, workerData: packed }).once('message', resolve).once('error', reject);
      });
    const [one, two] = await Promise.all([answer(), answer()]);
    expect(one.product).toBe(-10);
    expect(two).toEqual(one);
  });
});

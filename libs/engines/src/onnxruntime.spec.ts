import fc from 'fast-check';
import { addOutputs, meanOf } from './add-outputs.js';
import type { Network } from './engine.js';
import { describeNetwork } from './network-description.js';
import { twoBlocks } from './networks.fixture.js';
import { decodeModel } from './onnx-decoder.js';
import { IMAGE, onnxFile, someValues, type FileGraph } from './onnx-file.fixture.js';
import { onnxruntime } from './onnxruntime.js';
import { pool } from './pooling.js';

const SIZE = 3 * 4 * 4;
const file = onnxFile(twoBlocks());
const taps = ['stem', 'a.add', 'a', 'b.shortcut', 'b.main', 'b.add', 'penultimate', 'logits'];
const unsupported = (message: RegExp) => expect.objectContaining({ reason: 'UNSUPPORTED_MODEL', message: expect.stringMatching(message) });

describe('taps as outputs', () => {
  it('are added once, whatever was an output before', () => {
    const once = addOutputs(file, ['a', 'logits']);
    const outputs = (bytes: Uint8Array) => decodeModel(bytes).graph.outputs.map(({ name }) => name);
    expect(outputs(once)).toEqual(['logits', 'a']);
    expect(outputs(addOutputs(once, ['a', 'b.add']))).toEqual(['logits', 'a', 'b.add']);
    expect(addOutputs(once, ['a'])).toEqual(once);
  });

  it('that are means over space are written last map first, so that onnxruntime makes each as soon as its map is there', () => {
    const { nodes, outputs } = decodeModel(addOutputs(file, ['stem', 'a', 'logits'], ['stem', 'a'])).graph;
    expect(outputs.map(({ name }) => name)).toEqual(['logits', meanOf('stem'), meanOf('a')]);
    expect(nodes.slice(-4).map(({ operator, inputs }) => [operator, inputs[0]])).toEqual([
      ['GlobalAveragePool', 'a'],
      ['Flatten', expect.any(String)],
      ['GlobalAveragePool', 'stem'],
      ['Flatten', expect.any(String)],
    ]);
    expect(nodes.at(-1)!.outputs).toEqual([meanOf('stem')]);
  });

  it('change nothing that is found in the network', () => {
    expect(describeNetwork(addOutputs(file, taps))).toEqual(describeNetwork(file));
  });

  it('are refused where there is no such tensor, and near names are listed', () => {
    expect(() => addOutputs(file, ['b.ad'])).toThrow(
      /taps: no tensor that the network makes of the image \(got b\.ad\); accepted: the name of one, such as b\.add, a\.add/,
    );
  });
});

describe('a network', () => {
  it('runs to its taps: name, shape, and the addition is the sum of its branches', async () => {
    const network = await onnxruntime.open(file, taps, { batch: 4 });
    const outputs = await network.run(Float32Array.from(someValues(3 * SIZE)), 3);
    await network.close();
    expect([...outputs.keys()]).toEqual(taps);
    expect(outputs.get('a')?.shape).toEqual([3, 3, 4, 4]);
    expect(outputs.get('logits')).toMatchObject({ shape: [3, 5], data: { length: 15 } });
    const [add, shortcut, main] = ['b.add', 'b.shortcut', 'b.main'].map((tap) => outputs.get(tap)!.data);
    add!.forEach((value, i) => expect(value).toBeCloseTo(shortcut![i]! + main![i]!, 5));
  });

  it('gives an image the same bits in any company, order and batch, and with any number of threads', async () => {
    const pool = Array.from({ length: 6 }, (_, image) => someValues(SIZE, image + 1));
    const opened = [1, 2, 3].map((threads) => onnxruntime.open(file, taps, { batch: 5, threads }));
    const [one, two, three] = (await Promise.all(opened)) as [Network, Network, Network];
    const rowsOf = async (network: Network, images: number[]) => {
      const outputs = await network.run(Float32Array.from(images.flatMap((image) => pool[image]!)), images.length);
      return images.map((_, row) =>
        taps.map((tap) => {
          const { data, shape } = outputs.get(tap)!;
          const width = data.length / shape[0]!;
          return Buffer.from(data.slice(row * width, (row + 1) * width).buffer).toString('hex');
        }),
      );
    };
    const alone = await Promise.all(pool.map(async (_, image) => (await rowsOf(one, [image]))[0]));
    const companies = fc.array(fc.nat(pool.length - 1), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(companies, async (images) => {
        const expected = images.map((image) => alone[image]);
        expect(await rowsOf(one, images)).toEqual(expected);
        expect(await rowsOf(two, images)).toEqual(expected);
        expect(await rowsOf(three, images)).toEqual(expected);
      }),
      { numRuns: 50, seed: 3 },
    );
    await Promise.all([one.close(), two.close(), three.close()]);
  });

  it('averages maps itself where only means are wanted, of those alone, and gives an image the same bits in any company', async () => {
    const images = Float32Array.from(someValues(3 * SIZE));
    const averaged = ['stem', 'a', 'b.add', 'penultimate'];
    const [whole, mean] = await Promise.all([{}, { averaged }].map((options) => onnxruntime.open(file, taps, { batch: 4, ...options })));
    const maps = await whole!.run(images, 3);
    const means = await mean!.run(images, 3);
    expect([...means.keys()]).toEqual(taps);
    for (const tap of taps) {
      const isAveraged = ['stem', 'a', 'b.add'].includes(tap);
      expect(means.get(tap)!.shape).toEqual(isAveraged ? [3, 3] : maps.get(tap)!.shape);
      const expected = isAveraged ? pool(maps.get(tap)!, 'mean', 3).data : maps.get(tap)!.data;
      means.get(tap)!.data.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
    }
    const last = await mean!.run(images.subarray(2 * SIZE), 1);
    for (const tap of taps) {
      const { data } = means.get(tap)!;
      expect(last.get(tap)!.data).toEqual(data.slice((2 * data.length) / 3));
    }
    await Promise.all([whole!.close(), mean!.close()]);
  });

  it('is read as ONNX, though it looks like the format of onnxruntime itself', async () => {
    const bytes = onnxFile(twoBlocks(), { producer: 'ORTM' });
    expect(Buffer.from(bytes.subarray(4, 8)).toString()).toBe('ORTM'); // where that format has its mark
    const network = await onnxruntime.open(bytes, ['logits'], { batch: 1 });
    expect((await network.run(new Float32Array(SIZE), 1)).get('logits')?.shape).toEqual([1, 5]);
    await network.close();
  });

  it('of fixed batch keeps its own', async () => {
    const network = await onnxruntime.open(onnxFile({ ...twoBlocks(), inputs: [{ ...IMAGE, shape: [7, 3, 4, 4] }] }), ['logits']);
    expect(network.batch).toBe(7);
    const outputs = await network.run(new Float32Array(2 * SIZE), 2);
    expect(outputs.get('logits')?.shape).toEqual([2, 5]);
    await network.close();
  });

  it('takes 64 images at once unless told otherwise', async () => {
    const network = await onnxruntime.open(file, ['logits']);
    expect(network).toMatchObject({ batch: 64, taps: ['logits'], input: { name: 'image' } });
    await network.close();
  });
});

describe('the engine refuses', () => {
  it('options, counts and images out of range', async () => {
    await expect(onnxruntime.open(file, ['a'], { batch: 0 })).rejects.toThrow('batch: out of range (got 0); accepted: an integer from 1 to 65536');
    const large = onnxFile({ ...twoBlocks(), inputs: [{ ...IMAGE, shape: ['N', 3, 512, 512] }] });
    await expect(onnxruntime.open(large, ['a'], { batch: 512 })).rejects.toThrow(
      'batch: too large for images of 3 × 512 × 512 (got 512); accepted: 1 to 341',
    );
    await expect(onnxruntime.open(file, ['a'], { threads: 1.5 })).rejects.toThrow('threads: out of range (got 1.5)');
    const network = await onnxruntime.open(file, ['a'], { batch: 2 });
    await expect(network.run(new Float32Array(3 * SIZE), 3)).rejects.toThrow('count: out of range (got 3); accepted: 1 to 2 images');
    await expect(network.run(new Float32Array(5), 1)).rejects.toThrow('images: wrong number of values (got 5); accepted: 1 × 3 × 4 × 4 = 48 values');
    await network.close();
    await network.close();
    await expect(network.run(new Float32Array(SIZE), 1)).rejects.toThrow('the network was closed already');
  });

  it('operators and operator sets that it does not know', async () => {
    const unknown: FileGraph = { outputs: ['y'], nodes: [['Mish', ['image'], ['y']]] };
    await expect(onnxruntime.open(onnxFile(unknown, { opset: 13 }), ['y'])).rejects.toThrow(
      unsupported(/onnxruntime refuses it: .*Mish.*accepted: operators/s),
    );
    await expect(onnxruntime.open(onnxFile(twoBlocks(), { opset: 999 }), ['a'])).rejects.toThrow(unsupported(/onnxruntime refuses it: .*opset/is));
  });

  it('what is no model, and taps that are not in it', async () => {
    await expect(onnxruntime.open(Buffer.from('no model'), ['a'])).rejects.toThrow(/model: not an ONNX file/);
    await expect(onnxruntime.open(file, ['nowhere'])).rejects.toThrow(/taps: no tensor/);
  });

  it('a tap that is not float32, or not one row per image', async () => {
    const cast: FileGraph = {
      outputs: ['z'],
      nodes: [
        ['Cast', ['image'], ['y'], { to: { int: 11 } }],
        ['Cast', ['y'], ['z'], { to: { int: 1 } }],
      ],
    };
    const asDouble = await onnxruntime.open(onnxFile(cast), ['y'], { batch: 1 });
    await expect(asDouble.run(new Float32Array(SIZE), 1)).rejects.toThrow(unsupported(/tap "y" is of type float64/));
    await asDouble.close();
    const turned: FileGraph = { outputs: ['y'], nodes: [['Transpose', ['image'], ['y'], { perm: { ints: [1, 0, 2, 3] } }]] };
    const channelsFirst = await onnxruntime.open(onnxFile(turned), ['y'], { batch: 2 });
    await expect(channelsFirst.run(new Float32Array(SIZE), 1)).rejects.toThrow(unsupported(/tap "y" has shape \[3, 2, 4, 4\] for 2 images/));
    await channelsFirst.close();
  });

  it('a network that fails at the batch size', async () => {
    const graph: FileGraph = {
      outputs: ['y'],
      nodes: [['Reshape', ['image', 's'], ['y']]],
      constants: { s: { dims: [2], values: [1, 48], type: 7 } },
    };
    const network = await onnxruntime.open(onnxFile(graph), ['y'], { batch: 3 });
    await expect(network.run(new Float32Array(SIZE), 1)).rejects.toThrow(unsupported(/it fails on a batch of 3 images: /));
    await network.close();
  });
});

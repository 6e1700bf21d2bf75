import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describeNetwork } from './network-description.js';
import { onnxruntime } from './onnxruntime.js';
import { preprocess, type Preprocessing } from './preprocessing.js';

const folder = join(__dirname, '../../../models/fashion');
const isThere = existsSync(join(folder, 'fashion.json'));

interface Card {
  preprocessing: Preprocessing;
  taps: string[];
  penultimate: string;
  checkpoints: { file: string; accuracy: number }[];
}

const PIXELS = 28 * 28;
const bytesOf = (file: string) => readFileSync(join(folder, file));
const testImages = () => gunzipSync(bytesOf('images/t10k-images-idx3-ubyte.gz')).subarray(16);
const testLabels = () => gunzipSync(bytesOf('images/t10k-labels-idx1-ubyte.gz')).subarray(8);

describe('the demo network', () => {
  it('is checked where it is', () => {
    const record = process.env['FATHOM_LEFT_OUT'];
    if (!isThere && record !== undefined) appendFileSync(record, 'the demo network: models/fashion/fashion.json is not there\n');
    expect(typeof isThere).toBe('boolean');
  });

  if (!isThere) return;
  const card = JSON.parse(bytesOf('fashion.json').toString()) as Card;

  it('has nine blocks; the ninth, pooled, is the penultimate layer', () => {
    for (const { file } of card.checkpoints) {
      const description = describeNetwork(bytesOf(file));
      expect(description.blocks.map(({ tap }) => tap)).toEqual(card.taps);
      expect(description.taps).toEqual([...card.taps.slice(0, -1), card.penultimate]);
      expect(description.penultimate).toEqual({ tensor: card.penultimate, width: 64 });
    }
  });

  it('is as accurate on the 10,000 test images as its card says', async () => {
    const { file, accuracy } = card.checkpoints.at(-1)!;
    const [images, labels] = [testImages(), testLabels()];
    const network = await onnxruntime.open(bytesOf(file), ['logits'], { threads: 2 });
    let hits = 0;
    for (let start = 0; start < labels.length; start += network.batch) {
      const count = Math.min(network.batch, labels.length - start);
      const pixels = images.subarray(start * PIXELS, (start + count) * PIXELS);
      const logits = (await network.run(preprocess(pixels, count, card.preprocessing), count)).get('logits')!.data;
      for (let i = 0; i < count; i += 1) {
        const row = logits.subarray(i * 10, i * 10 + 10);
        if (row.indexOf(Math.max(...row)) === labels[start + i]) hits += 1;
      }
    }
    await network.close();
    // Another engine rounds otherwise: an image on a boundary may change sides.
    expect(Math.abs(hits / labels.length - accuracy)).toBeLessThanOrEqual(2e-4);
  }, 180_000);

  it('gives an image the same bits whatever else is in the batch, however many threads run, and beside any other default tap', async () => {
    const bytes = bytesOf(card.checkpoints.at(-1)!.file);
    const { taps, penultimate } = describeNetwork(bytes);
    const images = preprocess(testImages().subarray(0, 64 * PIXELS), 64, card.preprocessing);
    const bits = async (names: readonly string[], options: object, order: number[]) => {
      const network = await onnxruntime.open(bytes, names, options);
      const shuffled = new Float32Array(order.length * PIXELS);
      order.forEach((image, row) => shuffled.set(images.subarray(image * PIXELS, (image + 1) * PIXELS), row * PIXELS));
      const outputs = await network.run(shuffled, order.length);
      await network.close();
      return (tap: string, row: number) => {
        const { data } = outputs.get(tap)!;
        const width = data.length / order.length;
        return Buffer.from(data.slice(row * width, (row + 1) * width).buffer);
      };
    };
    const forward = Array.from({ length: 64 }, (_, i) => i);
    const all = await bits(taps, {}, forward);
    const reversed = await bits(taps, {}, [...forward].reverse());
    const few = await bits(taps, {}, [63, 5, 5]);
    const threaded = await bits(taps, { threads: 2 }, forward);
    const only = await bits([penultimate.tensor], {}, forward);
    const means = await bits(taps, { averaged: taps }, forward);
    const fewMeans = await bits(taps, { averaged: taps, batch: 5, threads: 2 }, [63, 5, 5]);
    for (const tap of taps) {
      for (const image of forward) {
        expect(reversed(tap, 63 - image).equals(all(tap, image))).toBe(true);
        expect(threaded(tap, image).equals(all(tap, image))).toBe(true);
      }
      expect([few(tap, 0), few(tap, 1), few(tap, 2)].map((row, i) => row.equals(all(tap, i === 0 ? 63 : 5)))).toEqual([true, true, true]);
      expect([0, 1, 2].map((row) => fewMeans(tap, row).equals(means(tap, row === 0 ? 63 : 5)))).toEqual([true, true, true]);
    }
    for (const image of forward) expect(means(penultimate.tensor, image).equals(all(penultimate.tensor, image))).toBe(true);
    for (const image of forward) expect(only(penultimate.tensor, image).equals(all(penultimate.tensor, image))).toBe(true);
  }, 120_000);
});

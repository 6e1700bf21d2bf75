import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import { activation } from '@fathom/contracts';
import { memoryStore } from '@fathom/store';
import { gunzipSync } from 'node:zlib';
import { measureSensitivity } from './measure-sensitivity.js';
import { registerModel } from './register-model.js';
import { put, runHere, values } from './run-here.fixture.js';

const FASHION = resolve(__dirname, '../../../models/fashion');
const IMAGES = 20;
const [K, D] = [4, 64];

it('the sensitivity over all images is the mean over any cut of them, since noise goes by image, not by part', async () => {
  const artifacts = new ArtifactStore(memoryStore());
  const preprocessing = {
    width: 28,
    height: 28,
    channelOrder: activation.ChannelOrder.GRAY,
    scale: 1 / 255,
    mean: [0.286],
    standardDeviation: [0.353],
  };
  const network = (how: activation.Preprocessing) =>
    runHere(artifacts, registerModel, {
      request: { path: `${FASHION}/checkpoints/epoch-15.onnx`, name: 'n', preprocessing: how, taps: [] },
      fingerprint: '',
    });
  const registered = await network(preprocessing);
  const pixels = new Uint8Array(gunzipSync(readFileSync(`${FASHION}/images/t10k-images-idx3-ubyte.gz`)).subarray(16, 16 + IMAGES * 784));
  const images = await put(artifacts, 'images', { name: 'i', class_names: [], skipped: 0 }, [
    { name: 'images', dtype: 'U8', shape: [IMAGES, 28, 28, 1], data: pixels },
  ]);
  const { penultimateWidth } = activation.NetworkDescription.fromJSON(registered.attributes);
  expect(penultimateWidth).toBe(D);
  const atoms = Float64Array.from({ length: K * D }, (_, i) => (Math.floor(i / D) * 16 === i % D ? 1 : 0));
  const dictionary = await put(artifacts, 'dictionary', {}, [{ name: 'D', dtype: 'F64', shape: [K, D], data: atoms }]);
  const z = Float32Array.from({ length: IMAGES * K }, (_, i) => (i % K === 3 ? 1 : (i * 7) % 5));
  const codes = await put(artifacts, 'codes', {}, [{ name: 'z', dtype: 'F32', shape: [IMAGES, K], data: z }]);
  const plain = { model: { contentDigest: registered.digest }, images };
  const over = async (first: number, count: number, of = plain) =>
    runHere(artifacts, measureSensitivity, {
      ...of,
      rows: { first, count },
      dictionary,
      codes,
      noise: { sigmas: [0.1, 0.5], draws: 3, seed: 4 },
    });
  const all = await over(0, IMAGES);
  const [head, tail] = [await over(0, 7), await over(7, IMAGES - 7)];
  for (const name of ['raw', 'range', 'sensitivity', 'by_sigma']) {
    const [a, b] = [await values(head, name), await values(tail, name)];
    const whole = await values(all, name);
    whole.forEach((value, i) => expect(value).toBeCloseTo((a[i]! * 7 + b[i]! * (IMAGES - 7)) / IMAGES, 12));
  }
  // Noise comes after resizing.
  const twice = Uint8Array.from({ length: IMAGES * 56 * 56 }, (_, i) => pixels[Math.floor(i / 112) * 28 + ((i % 56) >> 1)]!);
  const large = await put(artifacts, 'images', { name: 'i', class_names: [], skipped: 0 }, [
    { name: 'images', dtype: 'U8', shape: [IMAGES, 56, 56, 1], data: twice },
  ]);
  const resize = { to: { $case: 'shorterSide' as const, value: 28 }, interpolation: activation.Interpolation.NEAREST };
  const resized = await over(0, 2, { model: { contentDigest: (await network({ ...preprocessing, resize })).digest }, images: large });
  expect(await values(resized, 'raw')).toEqual(await values(await over(0, 2), 'raw'));
  expect((await values(all, 'sensitivity'))[3]).toBe(0);
  expect((await values(all, 'raw')).some((value) => value > 0)).toBe(true);
});

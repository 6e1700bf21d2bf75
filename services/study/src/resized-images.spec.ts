import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { activation } from '@fathom/contracts';
import { ArtifactStore } from '@fathom/artifacts';
import { openStore } from '@fathom/store';
import { encodeSafetensors } from '@fathom/tensors';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { cutImages, networkPath, PREPROCESSING } from './small-material.fixture.js';

jest.setTimeout(120_000);

const { NEAREST, BILINEAR } = activation.Interpolation;
const COUNT = 40;
const SIDE = 28;

let one: OneProcess;
beforeAll(async () => {
  one = await oneProcess();
});
afterAll(() => one.close());

/** Registers images of a size, of which each pixel is told. */
async function registered(name: string, height: number, width: number, pixel: (image: number, y: number, x: number) => number) {
  const data = new Uint8Array(COUNT * height * width);
  for (let i = 0; i < data.length; i++) data[i] = pixel(Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width);
  const imagesPath = join(one.folder, `${name}.safetensors`);
  writeFileSync(imagesPath, encodeSafetensors([{ name: 'x', dtype: 'U8', shape: [COUNT, height, width], data }]));
  const source = { $case: 'array' as const, value: { imagesPath, imagesTensor: 'x', labelsPath: '', labelsTensor: '' } };
  return (await one.clients.ended('activation', (await one.clients.activation.startRegisterImages({ name, source })).operation)).result!;
}

const model = async (change: Partial<activation.Preprocessing>) =>
  (await one.clients.activation.registerModel({ path: networkPath('epoch-15'), name: 'n', preprocessing: { ...PREPROCESSING, ...change }, taps: [] }))
    .model!;

/** The penultimate activations of images. */
async function activations(network: { contentDigest: string }, images: { contentDigest: string }): Promise<Float64Array> {
  const request = { model: network, images, rows: undefined, taps: [], branches: false, pooling: 0 };
  const { result } = await one.clients.ended('activation', (await one.clients.activation.startExtract(request)).operation);
  const artifact = await new ArtifactStore(openStore(one.store)).open(result!.contentDigest);
  return artifact.rows((artifact.attributes as { penultimate: string }).penultimate).read(0, COUNT);
}

it('images of another size give what images give that have the size already', async () => {
  const idx = readFileSync(cutImages(one.folder).test.images).subarray(16);
  const of = (image: number, y: number, x: number): number => idx[(image * SIDE + y) * SIDE + x]!;
  const plain = await activations(await model({}), await registered('plain', SIDE, SIDE, of));

  const large = await registered('large', 3 * SIDE, 3 * SIDE, (image, y, x) => of(image, Math.floor(y / 3), Math.floor(x / 3)));
  const exact = { $case: 'size' as const, value: { width: SIDE, height: SIDE } };
  expect(await activations(await model({ resize: { to: exact, interpolation: NEAREST } }), large)).toEqual(plain);

  const framed = await registered('framed', SIDE, SIDE + 6, (image, y, x) => (x < 3 || x >= SIDE + 3 ? 200 : of(image, y, x - 3)));
  const shorter = { $case: 'shorterSide' as const, value: SIDE };
  expect(await activations(await model({ resize: { to: shorter, interpolation: BILINEAR }, centreCrop: true }), framed)).toEqual(plain);
  expect(await activations(await model({ centreCrop: true }), framed)).toEqual(plain);

  const { operation } = await one.clients.activation.startExtract({
    ...{ model: await model({}), images: large, rows: undefined, taps: [], branches: false, pooling: 0 },
  });
  await expect(one.clients.ended('activation', operation)).rejects.toMatchObject({ field: 'images', value: '84 × 84 pixels of 1 channel' });
});

it.each<[string, activation.Resize, string]>([
  ['no size', { to: undefined, interpolation: BILINEAR }, 'preprocessing.resize.to'],
  ['a size of nothing', { to: { $case: 'shorterSide', value: 0 }, interpolation: BILINEAR }, 'preprocessing.resize'],
  ['a size beyond the largest', { to: { $case: 'size', value: { width: 28, height: 5000 } }, interpolation: BILINEAR }, 'preprocessing.resize'],
  [
    'another interpolation',
    { to: { $case: 'shorterSide', value: 28 }, interpolation: 9 as activation.Interpolation },
    'preprocessing.resize.interpolation',
  ],
])('resizing to %s is refused', async (_what, resize, field) => {
  await expect(model({ resize })).rejects.toMatchObject({ name: 'InputError', field });
});

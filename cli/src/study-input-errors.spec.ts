import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import { openStore } from '@fathom/store';
import sharp from 'sharp';
import { complaints, expectComplaint, fathom, testFolder } from './run-fathom.fixture.js';
import { MATERIAL, network, smallStudy, tinyStudy, writeStudy } from './small-study.fixture.js';

const root = testFolder();
const inRoot = (name: string): string => join(root, name);

interface Case {
  /** The study file, or its text. */
  readonly study: Record<string, unknown> | string | (() => Record<string, unknown>);
  readonly says: readonly (string | RegExp)[];
  readonly code?: number;
}

const tiny = tinyStudy();
const without = (key: string): Record<string, unknown> => Object.fromEntries(Object.entries(tiny).filter(([name]) => name !== key));
const preprocessed = (change: Record<string, unknown>): Record<string, unknown> => ({
  ...tiny,
  preprocessing: { ...(tiny['preprocessing'] as object), ...change },
});
const onNetwork = (file: string, bytes: Uint8Array): Record<string, unknown> => {
  writeFileSync(inRoot(file), bytes);
  return { ...tiny, checkpoints: [{ name: 'it', path: inRoot(file) }] };
};
const inFolder = (folder: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...tiny,
  test: { folder: { path: inRoot(folder), gray: true, ...more } },
});

/** Fields of a protocol buffer, for a model by hand. */
const field = (number: number, content: Uint8Array | number): Buffer =>
  typeof content === 'number' ? Buffer.from([number << 3, content]) : Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);

/** The demo's network whose additions are subtractions: it has no residual block. */
function withoutBlocks(): Uint8Array {
  const bytes = Buffer.from(readFileSync(join(MATERIAL, 'checkpoints/epoch-15.onnx')));
  const add = Buffer.from('\x22\x03Add', 'latin1');
  for (let at = bytes.indexOf(add); at >= 0; at = bytes.indexOf(add, at)) bytes.write('Sub', at + 2);
  return bytes;
}

const withExternalData = (): Uint8Array => {
  const location = Buffer.concat([field(1, Buffer.from('location')), field(2, Buffer.from('weights.bin'))]);
  const tensor = Buffer.concat([field(1, 4), field(2, 1), field(8, Buffer.from('w')), field(13, location), field(14, 1)]);
  return Buffer.concat([field(1, 8), field(7, field(5, tensor)), field(8, field(2, 17))]);
};

const CASES: Readonly<Record<string, Case>> = {
  'text that is no JSON': { study: '{"name": ', says: ['no-JSON.json', 'not JSON'] },
  'a list': { study: '[]', says: ['study file', 'is no object'] },
  'an unknown key': { study: { ...tiny, chekpoints: [] }, says: ['chekpoints', 'not known', 'checkpoints'] },
  'an unknown key within': { study: { ...tiny, noise: { image: 3 } }, says: ['noise.image', 'got 3', 'images, draws, sigmas'] },
  'no name': { study: without('name'), says: ['name: is missing'] },
  'no preprocessing': { study: without('preprocessing'), says: ['preprocessing: is missing'] },
  'no test images': { study: without('test'), says: ['test: is missing'] },
  'no checkpoint': { study: { ...tiny, checkpoints: [] }, says: ['checkpoints', 'is empty'] },
  'a channel order that does not exist': {
    study: preprocessed({ channelOrder: 'RGBA' }),
    says: ['preprocessing.channelOrder', 'got RGBA', 'GRAY, RGB, BGR'],
  },
  'a width that is text': { study: preprocessed({ width: '28' }), says: ['preprocessing.width', 'got 28', 'a number'] },
  'a count below 0': {
    study: { ...tiny, train: { ...(tiny['train'] as object), count: -1 } },
    says: ['train.count', 'got -1', 'whole number from 0'],
  },
  'two sources of images': { study: { ...tiny, test: { idx: { images: 'a' }, folder: { path: 'b' } } }, says: ['test', 'one of idx, folder, array'] },
  'preprocessing for another network': { study: preprocessed({ width: 32 }), says: ['32', '28'] },
  'colour for a gray network': {
    study: preprocessed({ channelOrder: 'RGB', mean: [0, 0, 0], standardDeviation: [1, 1, 1] }),
    says: ['channel', '1'],
  },
  'a network that is not there': { study: { ...tiny, checkpoints: [{ name: 'gone', path: inRoot('gone.onnx') }] }, says: ['gone.onnx'], code: 3 },
  'images that are not there': { study: { ...tiny, test: { idx: { images: inRoot('gone-idx') } } }, says: ['gone-idx'], code: 3 },
  'two networks of one name': {
    study: { ...tiny, checkpoints: [network('epoch-15', 1), { ...network('epoch-05', 2), name: 'epoch-15' }] },
    says: ['epoch-15', 'two networks'],
  },
  'a network name with a slash': {
    study: { ...tiny, checkpoints: [{ ...network('epoch-15', 1), name: 'a/b' }] },
    says: ['a/b', 'letters, digits, dots and dashes'],
  },
  'more images than there are': { study: { ...tiny, test: { ...(tiny['test'] as object), count: 20_000 } }, says: ['20000', '9999'] },
  'a file that is no ONNX': { study: () => onNetwork('text.onnx', Buffer.from('not a network at all')), says: ['text.onnx', 'ONNX'] },
  'weights in another file': { study: () => onNetwork('external.onnx', withExternalData()), says: ['external.onnx', 'tensor "w"', 'another file'] },
  'a network without residual blocks': {
    study: () => onNetwork('plain.onnx', withoutBlocks()),
    says: ['plain.onnx', 'no residual block', 'taps must be named', 'such as'],
  },
  'a tap that does not exist': { study: { ...tiny, taps: ['block77'] }, says: ['block77'] },
  'a class folder that is empty': { study: inFolder('empty-class'), says: ['empty-class/b', 'class folder is empty', 'at least one PNG or JPEG'] },
  'an image that cannot be read': { study: inFolder('bad-image'), says: ['bad-image/b/broken.png'] },
  'images of several sizes without a resize rule': {
    study: inFolder('sizes'),
    says: ['several sizes', 'sizes/a/1.png is 28 × 28', 'sizes/b/1.png is 30 × 28', 'resize rule'],
  },
};

/** A folder of gray images, one sub-folder per class. */
async function imageFolder(name: string, classes: Record<string, readonly (readonly [width: number, height: number])[]>): Promise<void> {
  for (const [label, sizes] of Object.entries(classes)) {
    mkdirSync(join(root, name, label), { recursive: true });
    for (const [index, [width, height]] of sizes.entries()) {
      const pixels = Uint8Array.from({ length: width * height }, (_, i) => (i * (index + 3) * label.charCodeAt(0)) % 256);
      await sharp(pixels, { raw: { width, height, channels: 1 } })
        .png()
        .toFile(join(root, name, label, `${index + 1}.png`));
    }
  }
}

const SIDE = [28, 28] as const;

beforeAll(async () => {
  await imageFolder('empty-class', { a: [SIDE], b: [] });
  await imageFolder('bad-image', { a: Array.from({ length: 36 }, () => SIDE), b: Array.from({ length: 36 }, () => SIDE) });
  writeFileSync(inRoot('bad-image/b/broken.png'), readFileSync(inRoot('bad-image/b/1.png')).subarray(0, 30));
  await imageFolder('sizes', { a: [SIDE], b: [[30, 28]] });
});

test.concurrent.each(Object.entries(CASES))('%s: refused in one line; no results, no half artifact', async (name, { study, says, code = 2 }) => {
  const slug = name.replaceAll(/\W+/g, '-').replace('text-that-is-', '');
  const given = typeof study === 'function' ? study() : study;
  const file = writeStudy(root, given, `${slug}.json`);
  if (typeof given === 'string') writeFileSync(file, given);
  const [store, out] = [inRoot(`${slug}-store`), inRoot(`${slug}-out`)];
  expectComplaint(await fathom(['study', 'run', file, '--store', store, '--out', out, '--threads', '1']), code, says);
  expect(existsSync(out)).toBe(false);
  const artifacts = new ArtifactStore(openStore(store));
  for await (const { digest } of artifacts.list())
    for (const tensor of Object.keys((await artifacts.open(digest)).tensors)) await (await artifacts.open(digest)).tensor(tensor);
});

test('a study file that is not there', async () => {
  expectComplaint(await fathom(['study', 'run', inRoot('none.json')]), 3, ['study file', 'none.json']);
});

test('--skip-bad leaves unreadable images out and says how many; folders of images can be studied', async () => {
  const study = { ...inFolder('bad-image'), atomsPerClass: 1, noise: { images: 2, draws: 2 } };
  const file = writeStudy(root, { ...study, classNames: [] }, 'skip.json');
  const { code, err, out } = await fathom(['study', 'run', file, '--skip-bad', '--store', inRoot('skip-store'), '--out', inRoot('skip-out')]);
  expect([code, complaints(err)]).toEqual([0, []]);
  expect(out).toContain('Images of "test" that could not be read and were left out: 1.');
  const { study: found, data } = JSON.parse(readFileSync(join(inRoot('skip-out'), 'scores.json'), 'utf8')) as {
    study: { reduced: string[] };
    data: { classes: string[]; sets: { images: number }[] };
  };
  expect(found.reduced).toEqual([
    'Images of "test" that could not be read and were left out: 1.',
    'Dictionaries rest on 100 of 6000 images, from image 0 on.',
  ]);
  expect([data.classes, data.sets.map(({ images }) => images)]).toEqual([
    ['a', 'b'],
    [72, 100],
  ]);
});

test('taps that are named are taken', async () => {
  const study = { ...smallStudy(), ...tiny, taps: ['block3', 'block6', 'penultimate'] };
  const file = writeStudy(root, study, 'taps.json');
  const { code, err } = await fathom(['study', 'run', file, '--store', inRoot('taps-store'), '--out', inRoot('taps-out')]);
  expect([code, err]).toEqual([0, expect.any(String)]);
  const { layers } = JSON.parse(readFileSync(join(inRoot('taps-out'), 'scores.json'), 'utf8')) as { layers: string[] };
  expect(layers).toEqual(['block3', 'block6', 'penultimate']);
});

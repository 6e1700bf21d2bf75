import fc from 'fast-check';
import { InputError } from '@fathom/errors';
import { checkStudyFile } from './study-file.js';

const minimal = {
  name: 's',
  preprocessing: { width: 2, height: 3, channelOrder: 'RGB', scale: 1, mean: [0], standardDeviation: [1] },
  checkpoints: [{ name: 'a', path: 'a.onnx' }],
  test: { idx: { images: 'i' } },
  train: { array: { images: '/abs/x.npy', labels: 'y.npy' } },
};

test('what is left out gets its default, and relative paths are those of the file', () => {
  const file = checkStudyFile(minimal, '/home/me');
  expect(file).toEqual({
    ...minimal,
    checkpoints: [{ name: 'a', path: '/home/me/a.onnx', epoch: 0 }],
    controls: [],
    taps: [],
    classNames: [],
    test: { name: 'test', idx: { images: '/home/me/i' }, first: 0, count: 0 },
    train: { name: 'train', array: { images: '/abs/x.npy', labels: '/home/me/y.npy' }, first: 0, count: 0 },
    atomsPerClass: 10,
    seed: 0,
    published: true,
    bits: 16,
    noise: { images: 100, draws: 100, sigmas: [0.01, 0.1, 0.5] },
  });
});

test('everything that is given is kept', () => {
  const folder = { path: 'f', gray: true, width: 4, height: 5, fit: 'contain', skipBad: true };
  const file = checkStudyFile({ ...minimal, taps: ['t'], seed: 3, bits: 24, test: { folder, first: 2, count: 9, name: 'mine' } }, '/r');
  expect(file.test).toEqual({ name: 'mine', folder: { ...folder, path: '/r/f' }, first: 2, count: 9 });
  expect([file.taps, file.seed, file.bits]).toEqual([['t'], 3, 24]);
});

test.each([
  ['test.folder.skipbad', { test: { folder: { path: 'f', skipbad: true } } }],
  ['test.folder.fit', { test: { folder: { path: 'f', fit: 'crop' } } }],
  ['test.folder.gray', { test: { folder: { path: 'f', gray: 1 } } }],
  ['test.idx.images', { test: { idx: {} } }],
  ['test', { test: {} }],
  ['checkpoints[0].epoch', { checkpoints: [{ name: 'a', path: 'p', epoch: 1.5 }] }],
  ['checkpoints[0].epochs', { checkpoints: [{ name: 'a', path: 'p', epochs: 1 }] }],
  ['checkpoints', { checkpoints: { name: 'a' } }],
  ['preprocessing.mean[1]', { preprocessing: { ...minimal.preprocessing, mean: [0, 'x'] } }],
  ['noise.sigmas', { noise: { sigmas: 0.1 } }],
  ['seed', { seed: 2 ** 32 }],
  ['bits', { bits: 20 }],
  ['name', { name: '' }],
])('an error names the place: %s', (field, change) => {
  expect(() => checkStudyFile({ ...minimal, ...change }, '/')).toThrow(expect.objectContaining({ reason: 'INVALID_INPUT', field }) as Error);
});

test('no JSON value breaks it in any other way', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(minimal)), (value, key) => {
      for (const file of [value, { ...minimal, [key]: value }])
        try {
          checkStudyFile(file, '/');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
    }),
  );
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors, type Tensor } from '@fathom/tensors';
import { openImageSet } from './image-set.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fathom-arrays-'));
});
afterAll(() => rm(folder, { recursive: true }));

const path = (name: string) => join(folder, name);
const u8 = (name: string, shape: number[]): Tensor => ({
  name,
  dtype: 'U8',
  shape,
  data: Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
});
const safetensors = async (name: string, ...tensors: Tensor[]) => {
  await writeFile(path(name), encodeSafetensors(tensors));
  return path(name);
};
/** The bytes of an npy file. */
const npy = (descr: string, shape: string, data: Uint8Array) => {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const header = text.padEnd(128 - 10 - 1) + '\n';
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([118, 0]), Buffer.from(header), data]);
};

describe('images in arrays', () => {
  it('are read by ranges from safetensors, with labels of any integer type', async () => {
    const labels: Tensor = { name: 'y', dtype: 'I64', shape: [4], data: BigInt64Array.from([1n, 0n, 1n, 3n]) };
    const file = await safetensors('both.safetensors', u8('x', [4, 2, 3]), labels);
    const set = await openImageSet({ kind: 'arrays', images: { file, tensor: 'x' }, labels: { file, tensor: 'y' } });
    expect(set).toMatchObject({ count: 4, height: 2, width: 3, channels: 1, classNames: ['0', '1', '2', '3'], skipped: [] });
    expect([...set.labels!]).toEqual([1, 0, 1, 3]);
    expect([...(await set.read(1, 3))]).toEqual(Array.from({ length: 12 }, (_, i) => 6 + i));
    await expect(set.read(-1, 1)).rejects.toThrow(/no such rows/);
    await set.close();
  });

  it('are read from npy, in colour', async () => {
    await writeFile(
      path('x.npy'),
      npy(
        '|u1',
        '(2, 1, 2, 3)',
        Uint8Array.from({ length: 12 }, (_, i) => 20 * i),
      ),
    );
    const set = await openImageSet({ kind: 'arrays', images: { file: path('x.npy') } });
    expect(set).toMatchObject({ count: 2, height: 1, width: 2, channels: 3, labels: null, classNames: [] });
    expect([...(await set.read(1, 2))]).toEqual([120, 140, 160, 180, 200, 220]);
    await set.close();
  });

  it('are refused where they are no unsigned bytes of the right shape', async () => {
    const refused = async (tensor: Tensor, message: string) => {
      const file = await safetensors('bad', tensor);
      await expect(openImageSet({ kind: 'arrays', images: { file } })).rejects.toThrow(message);
    };
    const float: Tensor = { name: 'x', dtype: 'F32', shape: [1, 2, 2], data: new Float32Array(4) };
    await refused(
      float,
      'bad: x: images must be unsigned bytes, as their range is then known (got F32); accepted: U8 (uint8), 0 to 255; scale others to that and round',
    );
    await refused(
      u8('x', [4, 4]),
      'bad: x: not the shape of images (got [4, 4]); accepted: [n, H, W], [n, H, W, 1] or [n, H, W, 3], all above 0, channels last',
    );
    await refused(u8('x', [2, 3, 4, 4]), 'not the shape of images (got [2, 3, 4, 4])');
    await refused(u8('x', [0, 4, 4]), 'not the shape of images (got [0, 4, 4])');
  });

  it('are refused where it is not said which tensor, or the file is neither npy nor safetensors', async () => {
    const file = await safetensors('two', u8('a', [1, 1, 1]), u8('b', [1, 1, 1]));
    await expect(openImageSet({ kind: 'arrays', images: { file } })).rejects.toThrow(
      'does not hold exactly one tensor, so it must be named (got 2 tensors); accepted: a, b',
    );
    await expect(openImageSet({ kind: 'arrays', images: { file, tensor: 'c' } })).rejects.toThrow(/has no such tensor \(got c\); accepted: a, b/);
    await writeFile(path('text'), 'these are no arrays at all');
    await expect(openImageSet({ kind: 'arrays', images: { file: path('text') } })).rejects.toThrow(expect.objectContaining({ name: 'InputError' }));
    await writeFile(path('cut.npy'), npy('|u1', '(2, 2, 2)', new Uint8Array(7)));
    await expect(openImageSet({ kind: 'arrays', images: { file: path('cut.npy') } })).rejects.toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
    await expect(openImageSet({ kind: 'arrays', images: { file: path('nowhere') } })).rejects.toThrow(/nowhere: no such file/);
  });

  it('are refused where labels are no class indices', async () => {
    const images = { file: await safetensors('images', u8('x', [2, 1, 1])) };
    const refused = async (labels: Tensor, message: string) => {
      const description = { kind: 'arrays' as const, images, labels: { file: await safetensors('labels', labels) } };
      await expect(openImageSet(description)).rejects.toThrow(message);
    };
    await refused(
      { name: 'y', dtype: 'F32', shape: [2], data: new Float32Array(2) },
      'labels: y: labels must be one integer per image (got F32 [2])',
    );
    await refused({ name: 'y', dtype: 'U8', shape: [2, 1], data: new Uint8Array(2) }, 'labels must be one integer per image (got U8 [2, 1])');
    await refused(
      { name: 'y', dtype: 'I8', shape: [2], data: Int8Array.from([0, -1]) },
      'label 1 is no class index (got -1); accepted: an integer from 0 to 999999',
    );
    await refused({ name: 'y', dtype: 'I32', shape: [2], data: Int32Array.from([0, 2e9]) }, 'label 1 is no class index (got 2000000000)');
    await refused(u8('y', [3]), 'not as many labels as images (got 3); accepted: 2 labels, one per image');
  });
});

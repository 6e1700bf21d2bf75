import { createHash } from 'node:crypto';
import type { artifact } from '@fathom/contracts';
import { readTensor } from './read-tensor.js';

const ref = { contentDigest: 'sha256:0' };
const bytes = Buffer.from(Float64Array.of(1, 2, 3, 4).buffer);
const info = { name: 'x', dtype: 'F64', shape: [2n, 2n] };
const first = { tensor: info, data: Buffer.alloc(0), sha256: '' };
const last = { tensor: undefined, data: Buffer.alloc(0), sha256: createHash('sha256').update(bytes).digest('hex') };
const piece = (from: number, to: number, data = bytes) => ({ tensor: undefined, data: data.subarray(from, to), sha256: '' });

const from = (...pieces: artifact.ReadTensorResponse[]) => ({
  readTensor: async function* () {
    yield* pieces;
  },
  getDownload: () => Promise.reject(new Error('not asked for')),
});

it('a tensor is put together of pieces that end anywhere', async () => {
  const tensor = await readTensor(from(first, piece(0, 3), piece(3, 30), piece(30, 32), last), ref, 'x');
  expect(tensor).toEqual({ name: 'x', dtype: 'F64', shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) });
});

it.each<[string, artifact.ReadTensorResponse[]]>([
  ['a piece is missing', [first, piece(0, 8), piece(16, 32), last]],
  ['the end is missing', [first, piece(0, 32)]],
  ['the beginning is missing', [piece(0, 32), last]],
  ['there is too much', [first, piece(0, 32), piece(0, 8), last]],
  ['a bit is another', [first, piece(0, 32, Buffer.from(bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte)))), last]],
  ['its type is unknown', [{ ...first, tensor: { ...info, dtype: 'F128' } }, piece(0, 32), last]],
])('a tensor is refused where %s', async (_what, pieces) => {
  await expect(readTensor(from(...pieces), ref, 'x')).rejects.toMatchObject({ reason: 'CORRUPT_DATA' });
});

it.each([
  ['first', { first: -1 }],
  ['first', { first: 0.5 }],
  ['count', { count: 0 }],
])('%s of %j is refused', async (field, options) => {
  await expect(readTensor(from(first), ref, 'x', options)).rejects.toMatchObject({ name: 'InputError', field });
});

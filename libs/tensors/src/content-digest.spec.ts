import { blockDigests, contentDigest, jsonDigest, tensorDigest } from './content-digest.js';
import { expected } from './tensors.fixture.js';
import type { Tensor } from './tensor.js';

const z: Tensor = { name: 'z', dtype: 'F64', shape: [2500, 3], data: Float64Array.from({ length: 7500 }, (_, i) => i / 7) };
const labels: Tensor = { name: 'labels', dtype: 'I32', shape: [2500], data: Int32Array.from({ length: 2500 }, (_, i) => i % 10) };
const digest = (tensor: Tensor): string => tensorDigest(tensor, blockDigests(tensor));

describe('the content digest', () => {
  it('is the one that Python computes', () => {
    expect({ z: digest(z), labels: digest(labels) }).toEqual(expected.tensor_digests);
    const tensors = { z: digest(z), labels: digest(labels) };
    expect(contentDigest({ kind: 'codes', attributes: { é: 1.5, b: [1, 2], a: null }, tensors })).toBe(expected.content_digest);
  });

  it('depends on name, dtype, shape and every element', () => {
    const others: Tensor[] = [
      { ...z, name: 'y' },
      { ...z, shape: [7500] },
      { ...z, shape: [2500, 3, 1] },
      { ...z, data: (z.data as Float64Array).with(7499, 0) },
      { name: 'z', dtype: 'I64', shape: z.shape, data: new BigInt64Array(z.data.buffer) },
    ];
    expect(new Set([z, ...others].map(digest)).size).toBe(6);
  });

  it('of rows without columns has their blocks', () => {
    const empty: Tensor = { name: 'e', dtype: 'F32', shape: [1500, 0], data: new Float32Array(0) };
    expect(blockDigests(empty)).toHaveLength(2);
  });

  it('of a request does not depend on the order of its fields', () => {
    expect(jsonDigest({ a: 1, b: 2 })).toBe(jsonDigest({ b: 2, a: 1 }));
    expect(jsonDigest({})).toBe('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});

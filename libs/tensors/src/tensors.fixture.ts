import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { DTYPES, bytesPerElement } from './dtype.js';
import { tensorOver, type Tensor } from './tensor.js';

/** Files that NumPy and the safetensors package wrote; see fixtures/make_fixtures.py. */
export function fixture(name: string): string {
  return join(__dirname, '../fixtures', name);
}

/** What NumPy says about them. */
export const expected = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as {
  values: Record<string, number[]>;
  all_halves: { F16: string; BF16: string };
  tensor_digests: Record<string, string>;
  content_digest: string;
};

/** Tensors of any dtype, small shapes, any bits. */
export function anyTensor(name: string): fc.Arbitrary<Tensor> {
  return fc.tuple(fc.constantFrom(...DTYPES), fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 })).chain(([dtype, shape]) => {
    const bytes = shape.reduce((product, size) => product * size, bytesPerElement(dtype));
    return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((content) => tensorOver(name, dtype, shape, content));
  });
}

/** Up to five tensors with names that differ, in any order. */
export const anyTensors: fc.Arbitrary<Tensor[]> = fc
  .uniqueArray(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((name) => name !== '__proto__' && name !== '__metadata__'),
    { maxLength: 5 },
  )
  .chain((names) => fc.tuple(...names.map(anyTensor)));

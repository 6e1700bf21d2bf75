import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Prng } from '@fathom/exact';
import { encodeSafetensors, type Tensor } from '@fathom/tensors';

/** Rows, channels, features and classes of {@link smallArrays}. */
export const SIZES = { n: 120, d: 6, k: 4, classes: 3 } as const;

/** A tensor of float64. */
export function f64(name: string, shape: readonly number[], values: (index: number) => number): Tensor {
  return { name, dtype: 'F64', shape, data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => values(i)) };
}

/** Files of a folder of arrays that can be scored, all of them; values in [0, 1) without structure. */
export function smallArrays(): Record<string, readonly Tensor[]> {
  const { n, d, k, classes } = SIZES;
  const prng = new Prng(7, 'small arrays');
  const random = (): number => prng.uniform();
  return {
    'layers.safetensors': [f64('block1', [n, d], random), f64('block2', [n, d], random)],
    'codes.safetensors': [f64('z', [n, k], random)],
    'dictionary.safetensors': [f64('D', [k, d], random)],
    'head.safetensors': [f64('W', [d, classes], random), f64('b', [classes], random)],
    'masks.safetensors': [f64('m', [3, d], (i) => i % 2)],
    'noisy_codes.safetensors': [f64('z', [2, 3, 5, k], random)],
    'checkpoints.safetensors': [f64('epoch1', [n, d], random), f64('epoch2', [n, d], random)],
    'rows.safetensors': [
      { name: 'labels', dtype: 'I64', shape: [n], data: BigInt64Array.from({ length: n }, (_, i) => BigInt(i % classes)) },
      { name: 'permutation', dtype: 'I32', shape: [n], data: Int32Array.from({ length: n }, (_, i) => n - 1 - i) },
    ],
  };
}

/** Writes files of a folder of arrays. */
export function writeArrays(folder: string, files: Readonly<Record<string, readonly Tensor[]>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, tensors] of Object.entries(files)) writeFileSync(join(folder, name), encodeSafetensors(tensors));
}

/** A safetensors file with any header, however wrong, and `bytes` bytes of data. */
export function rawSafetensors(header: string, bytes: number): Uint8Array {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(bytes)]);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors, memoryRows, toFloat64, type RowSource } from '@fathom/tensors';

type PerFeature =
  | 'variance'
  | 'k_std'
  | 'k_std_se'
  | 'k_raw'
  | 'k_published'
  | 'depth_half'
  | 'lambda'
  | 'lambda_raw'
  | 'importance'
  | 'importance_signed'
  | 'prevalence'
  | 'cka_penultimate'
  | 'cka_published'
  | 'redundancy'
  | 'hoyer'
  | 'sensitivity';

/** What the reference program found. */
export type Expected = Readonly<Record<PerFeature, number[]>> & {
  readonly dead: number;
  /** Per layer. */
  readonly alpha: number[];
  readonly null_mean: number[];
  /** Per feature, then layer. */
  readonly r2: number[][];
  readonly r2_in_sample: number[][];
  readonly prediction_agreement: number;
  readonly reconstruction_r2: number;
  readonly ablation: Readonly<Record<string, number[]>>;
  readonly correlations: Readonly<Record<string, number>>;
  readonly partial_correlations: Readonly<Record<string, number>>;
};

/** One of the two golden cases, in memory. `golden/README.md` says what the files hold. */
export interface GoldenCase {
  readonly expected: Expected;
  array(file: string, name: string): { readonly shape: readonly number[]; readonly values: Float64Array };
  /** The first dimension as rows, the others flattened. */
  rows(file: string, name: string): RowSource;
  /** Activations, codes, dictionary, head and labels. */
  decision(): { a: RowSource; z: RowSource; D: Float64Array; W: Float64Array; b: Float64Array; labels: Float64Array };
}

export const PENULTIMATE = '04_block';

export function goldenCase(name: 'planted' | 'wide'): GoldenCase {
  const folder = join(__dirname, '..', 'golden', name);
  const array = (file: string, tensor: string) => {
    const found = decodeSafetensors(readFileSync(join(folder, `${file}.safetensors`)), file).get(tensor)!;
    return { shape: found.shape, values: toFloat64(found) };
  };
  const rows = (file: string, tensor: string) => {
    const { shape, values } = array(file, tensor);
    return memoryRows(tensor, values, shape[0]!, values.length / shape[0]!);
  };
  return {
    expected: JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected,
    array,
    rows,
    decision: () => ({
      a: rows('layers', PENULTIMATE),
      z: rows('codes', 'z'),
      D: array('dictionary', 'D').values,
      W: array('head', 'W').values,
      b: array('head', 'b').values,
      labels: array('rows', 'labels').values,
    }),
  };
}

/** One score of every live feature. */
export function liveScores(expected: Expected, name: string): number[] {
  return expected[name as PerFeature].filter((_, j) => expected.variance[j]! > 0);
}

/** The features that vary, as the reference counts them. */
export function liveIn(variance: readonly number[]): Uint8Array {
  return Uint8Array.from(variance, (value) => (value > 0 ? 1 : 0));
}

/** Every number within a relative distance of the expected one (absolute where that is 0). */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, relative = 1e-9): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs(actual[i]! - expected[i]!);
    if (!(gap <= relative * Math.max(Math.abs(expected[i]!), expected[i] === 0 ? 1 : 0)))
      throw new Error(`value ${i}: ${actual[i]} instead of ${expected[i]}`);
  }
}

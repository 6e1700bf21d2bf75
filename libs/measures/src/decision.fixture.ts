import { Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import type { DecisionInputs } from './decision-inputs.js';

/** A small random decision; half of the codes are 0, the last feature is dead at 0.5. */
export function randomDecision(
  seed: number,
  n: number,
  d: number,
  k: number,
  classes: number,
): DecisionInputs & { readonly arrays: { a: Float64Array; z: Float64Array } } {
  const prng = new Prng(seed);
  const normal = (length: number) => Float64Array.from({ length }, () => prng.gaussian());
  const a = normal(n * d).map(Math.abs);
  const z = normal(n * k).map((value, i) => (i % k === k - 1 ? 0.5 : Math.max(0, value)));
  return {
    a: memoryRows('a', a, n, d),
    z: memoryRows('z', z, n, k),
    D: normal(k * d),
    W: normal(d * classes),
    b: normal(classes),
    labels: Int32Array.from({ length: n }, () => prng.below(classes)),
    arrays: { a, z },
  };
}

type RandomDecision = ReturnType<typeof randomDecision>;

/** The same decision with its rows in another order. */
export function mixedRows(inputs: RandomDecision, seed: number): RandomDecision {
  const { rows, columns } = inputs.a;
  const order = new Prng(seed, 'order').permutation(rows);
  const mixed = (values: Float64Array, width: number) =>
    Float64Array.from(values, (_, at) => values[order[Math.floor(at / width)]! * width + (at % width)]!);
  const arrays = { a: mixed(inputs.arrays.a, columns), z: mixed(inputs.arrays.z, inputs.z.columns) };
  const labels = Int32Array.from(order, (row) => inputs.labels![row]!);
  return { ...inputs, a: memoryRows('a', arrays.a, rows, columns), z: memoryRows('z', arrays.z, rows, inputs.z.columns), labels, arrays };
}

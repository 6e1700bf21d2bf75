/* eslint-disable @nx/enforce-module-boundaries -- an example is a user of the packages, and belongs to none of them */
/** K of every feature of one's own arrays. */
import { Fathom, InputError, type Matrix } from '@fathom/client';

/** Rows of sines, as activations of a layer might be. */
function layer(rows: number, columns: number): Matrix {
  const data = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * i));
  return { shape: [rows, columns], data };
}

/** Prints the features from simple to complex. */
export async function printScores(address: string, print: (line: string) => void): Promise<void> {
  const fathom = new Fathom(address);
  const activations = { layers: { early: layer(2000, 32), late: layer(2000, 16) } };
  const codes: Matrix = { shape: [2000, 5], data: layer(2000, 5).data.map((value) => Math.max(0, value)) };
  try {
    const scores = await fathom.scores({ activations, codes, onProgress: ({ job, progress }) => print(`${job}: ${progress?.partsDone} parts done`) });
    for (const { feature, k_std, k_std_se } of [...scores.rows()].sort((a, b) => a['k_std']! - b['k_std']!))
      print(`feature ${feature}: K = ${k_std?.toFixed(3)} ± ${k_std_se?.toFixed(3)}`);
    const r2 = await fathom.tensor(scores.artifact, 'r2', { first: 0, count: 1 });
    print(`R² of feature 0 by layer: ${String(r2.data)}`);
    await fathom.scores({ activations, codes, probe: { folds: 2 } });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    print(`refused: ${error.field} is ${error.value}; accepted: ${error.accepted}`);
  } finally {
    fathom.close();
  }
}

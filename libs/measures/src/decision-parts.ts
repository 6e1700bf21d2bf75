import type { Control } from '@fathom/errors';
import { allEnded, type Crew, type Task } from '@fathom/exact';

import type { DecisionBlock, DecisionInputs } from './decision-inputs.js';
import { BLOCK_ROWS, rowBlocks } from './row-blocks.js';

/**
 * What a task tells of all rows of activations and codes, run by run, in row order. How they are cut depends on the crew, so
 * what is told must add up to the same bits for any cut. Progress in rows.
 * @param input what the task is told beside the rows
 * @throws InputError naming the row and column of a value that is not finite, and what the task throws
 */
export async function* partsOverRows<Input extends object, Part>(
  { a, z }: Pick<DecisionInputs, 'a' | 'z'>,
  task: Task<Input & { readonly block: DecisionBlock }, Part>,
  input: Input,
  crew: Crew,
  control: Control,
): AsyncGenerator<Part> {
  for await (const { start, rows, values } of rowBlocks([a, z], BLOCK_ROWS, control)) {
    const step = Math.ceil(rows / crew.hands);
    const parts = Array.from({ length: Math.ceil(rows / step) }, (_, part) => {
      const [from, to] = [part * step, Math.min(rows, (part + 1) * step)];
      const cut = (all: Float64Array, columns: number): Float64Array => all.subarray(from * columns, to * columns);
      const block = { start: start + from, rows: to - from, a: cut(values[0], a.columns), z: cut(values[1], z.columns) };
      return crew.run(task, { ...input, block });
    });
    yield* await allEnded(parts);
    control.progress(start + rows, a.rows);
  }
}

import { InputError, stoppedBy, unwatched, type Control } from '@fathom/errors';
import { inlineCrew, sharedFloat64, type Crew, type Task } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';
import { inLanes, lanesFor } from './in-lanes.js';
import { resolveNmfOptions, type NmfOptions } from './nmf-options.js';
import { fitNmf, type NmfFit } from './nmf.js';
import { requireValues } from './row-blocks.js';

/** The fit of the rows of one class, and of nothing else. */
export interface OneClassFit extends NmfFit {
  readonly class: number;
  /** Which rows those were, rising; row i of `codes` is the code of rows[i]. */
  readonly rows: Uint32Array;
}

/** NMF of rows (n × d) that threads share, by one of them. */
export const fitGathered: Task<GatheredRows, NmfFit> = {
  module: __filename,
  name: 'fitGathered',
  run: ({ rows, d, options, stopFlag }, engine) =>
    fitNmf(rows, rows.length / d, d, options, inlineCrew(engine), stoppedBy(stopFlag, 'the fit of a class')),
};

interface GatheredRows {
  readonly rows: Float64Array;
  readonly d: number;
  readonly options: NmfOptions;
  readonly stopFlag: SharedArrayBuffer | undefined;
}

/**
 * Class-wise NMF, the default dictionary (docs/measures.md §1a): for each class from..to−1 the NMF of the rows with that label. It depends
 * on those rows, the options and the class index alone, so that classes may be fitted anywhere and in any order. They are fitted as many
 * at a time as the crew has hands, each by one, from one reading of their rows, all of which are held. Progress counts classes.
 * @throws InputError when a class has no row, a label is missing, or as {@link fitNmf}
 */
export async function fitClasses(
  source: RowSource,
  labels: Int32Array,
  { from, to }: { readonly from: number; readonly to: number },
  options: NmfOptions,
  crew: Crew,
  control: Control = unwatched,
): Promise<OneClassFit[]> {
  const filled = resolveNmfOptions(options);
  const wanted = Array.from({ length: to - from }, (_, index) => rowsOfClass(source, labels, from + index));
  const gathered = await gather(source, wanted, filled.blockRows, control);
  const fits: OneClassFit[] = [];
  let done = 0;
  await inLanes(to - from, lanesFor(crew.hands), async (index) => {
    control.throwIfCancelled();
    const label = from + index;
    const own = { ...filled, stream: `${filled.stream}/class ${label}` };
    const fit = await crew.run(fitGathered, { rows: gathered[index]!, d: source.columns, options: own, stopFlag: control.stopFlag });
    fits[index] = { ...fit, class: label, rows: wanted[index]! };
    control.progress(++done, to - from);
  });
  return fits;
}

function rowsOfClass(source: RowSource, labels: Int32Array, label: number): Uint32Array {
  if (labels.length !== source.rows)
    throw new InputError({
      field: 'labels',
      problem: 'wrong number of labels',
      value: labels.length,
      accepted: `one for each of ${source.rows} rows of ${source.name}`,
    });
  const rows: number[] = [];
  labels.forEach((value, row) => {
    if (value === label) rows.push(row);
  });
  if (rows.length === 0)
    throw new InputError({
      field: `class ${label}`,
      problem: `no row of ${source.name} has this label`,
      value: 0,
      accepted: 'at least one row in every class',
    });
  return Uint32Array.from(rows);
}

/** The named rows (rising) of several classes, an array that threads share for each, reading only those blocks that hold one of them. */
async function gather(source: RowSource, wanted: readonly Uint32Array[], blockRows: number, control: Control): Promise<Float64Array[]> {
  const d = source.columns;
  const places = wanted.flatMap((rows, index) => Array.from(rows, (row, place) => ({ row, index, place }))).sort((x, y) => x.row - y.row);
  const out = wanted.map((rows) => sharedFloat64(rows.length * d));
  let next = 0;
  while (next < places.length) {
    control.throwIfCancelled();
    const start = places[next]!.row;
    const first = next;
    while (next < places.length && places[next]!.row < start + blockRows) next++;
    const block = await source.read(start, places[next - 1]!.row + 1);
    for (let at = first; at < next; at++) {
      const { row, index, place } = places[at]!;
      const values = block.subarray((row - start) * d, (row - start + 1) * d);
      requireValues(source.name, values, row, d, false);
      out[index]!.set(values, place * d);
    }
  }
  return out;
}

import { InputError, unwatched, type Control } from '@fathom/errors';
import { inlineCrew, sharedFloat64, type Crew, type Task } from '@fathom/exact';
import { memoryRows, type RowSource } from '@fathom/tensors';
import { inLanes, lanesFor } from './in-lanes.js';
import { resolveNmfOptions, type NmfOptions } from './nmf-options.js';
import { fitNmf, type NmfFit } from './nmf.js';
import { requireCount, requireMatrix, requireValues } from './row-blocks.js';

/** How the fit of one class went. */
export interface ClassFitSummary {
  readonly class: number;
  /** Rows with this label. */
  readonly rows: number;
  readonly loss: number;
  readonly relativeLoss: number;
  readonly sweeps: number;
  readonly converged: boolean;
  readonly deadAtoms: number;
}

/** A dictionary stacked from those of the classes. */
export interface ClassNmf {
  /** (classes·r) × d row-major, in class order, rows of unit L2 norm (or zero). */
  readonly atoms: Float64Array;
  readonly perClass: readonly ClassFitSummary[];
}

/** Labelled rows of this process. */
export interface LabelledRows {
  /** n × d row-major, at least 0. */
  readonly rows: Float64Array;
  readonly n: number;
  readonly d: number;
  /** n class indices, 0..classes−1. */
  readonly labels: Int32Array;
  /** Number of classes. */
  readonly classes: number;
}

/** The fit of the rows of one class, and of nothing else. */
export interface OneClassFit extends NmfFit {
  readonly class: number;
  /** Which rows those were, rising; row i of `codes` is the code of rows[i]. */
  readonly rows: Uint32Array;
}

/**
 * The dictionary of one class: NMF of the rows labelled `label` (docs/measures.md §1a). It depends on those rows, the options
 * and the class index alone, so that classes may be fitted anywhere and in any order. Holds the rows of the class in memory; one
 * hand of the crew does the work. Tells no progress.
 * @throws InputError when the class has no row, a label is missing, or as {@link fitNmf}
 */
export async function fitOneClass(
  source: RowSource,
  labels: Int32Array,
  label: number,
  options: NmfOptions,
  crew: Crew,
  control: Control = unwatched,
): Promise<OneClassFit> {
  const quiet: Control = { throwIfCancelled: () => control.throwIfCancelled(), progress: () => undefined };
  const [fit] = await fitClasses(source, labels, { from: label, to: label + 1 }, options, crew, quiet);
  return fit!;
}

/** NMF of rows (n × d) that threads share, by one of them. */
export const fitGathered: Task<{ readonly rows: Float64Array; readonly d: number; readonly options: NmfOptions }, NmfFit> = {
  module: __filename,
  name: 'fitGathered',
  run: ({ rows, d, options }, engine) => fitNmf(rows, rows.length / d, d, options, inlineCrew(engine)),
};

/**
 * {@link fitOneClass} for the classes from..to−1, as many at a time as the crew has hands, from one reading of their rows, all of
 * which are held. Progress counts classes.
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
    const fit = await crew.run(fitGathered, { rows: gathered[index]!, d: source.columns, options: own });
    fits[index] = { ...fit, class: label, rows: wanted[index]! };
    control.progress(++done, to - from);
  });
  return fits;
}

/**
 * Class-wise NMF, the default dictionary (docs/measures.md §1a): {@link fitOneClass} for every class, stacked in class order.
 * Progress counts classes.
 * @throws InputError when a class has no row, a label is no class, or as {@link fitNmf}
 */
export async function fitClassNmf(input: LabelledRows, options: NmfOptions, crew: Crew, control: Control = unwatched): Promise<ClassNmf> {
  const { rows, n, d, labels, classes } = input;
  const { atoms: r } = resolveNmfOptions(options);
  requireCount('classes', classes);
  requireLabels(labels, n, classes);
  requireMatrix('activations', rows, n, d);
  const source = memoryRows('activations', rows, n, d);
  for (let label = 0; label < classes; label++) rowsOfClass(source, labels, label); // refused before any work is done
  const fits = await fitClasses(source, labels, { from: 0, to: classes }, options, crew, control);
  const atoms = new Float64Array(classes * r * d);
  const perClass = fits.map((fit, label): ClassFitSummary => {
    atoms.set(fit.atoms, label * r * d);
    const { loss, relativeLoss, sweeps, converged, deadAtoms } = fit;
    return { class: label, rows: fit.rows.length, loss, relativeLoss, sweeps, converged, deadAtoms };
  });
  return { atoms, perClass };
}

function requireLabels(labels: Int32Array, n: number, classes: number): void {
  if (labels.length !== n)
    throw new InputError({ field: 'labels', problem: 'wrong number of labels', value: labels.length, accepted: `one for each of ${n} rows` });
  const wrong = labels.findIndex((label) => label < 0 || label >= classes);
  if (wrong >= 0)
    throw new InputError({
      field: `labels[${wrong}]`,
      problem: 'no such class',
      value: labels[wrong],
      accepted: `an integer from 0 to ${classes - 1}`,
    });
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

import { InputError, unwatched, type Control } from '@fathom/errors';
import type { RowSource } from '@fathom/tensors';
import { resolveNmfOptions, type NmfOptions } from './nmf-options.js';
import { fitNmf, type NmfFit } from './nmf.js';
import { requireCount, requireValues, viewOfRows } from './row-blocks.js';

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
 * and the class index alone, so that classes may be fitted anywhere and in any order. Holds the rows of the class in memory.
 * @throws InputError when the class has no row, a label is missing, or as {@link fitNmf}
 */
export async function fitOneClass(
  source: RowSource,
  labels: Int32Array,
  label: number,
  options: NmfOptions,
  control: Control = unwatched,
): Promise<OneClassFit> {
  const filled = resolveNmfOptions(options);
  const rows = rowsOfClass(source, labels, label);
  const selected = await gather(source, rows, filled.blockRows, control);
  const fit = await fitNmf(selected, rows.length, source.columns, { ...filled, stream: `${filled.stream}/class ${label}` }, control);
  return { ...fit, class: label, rows };
}

/**
 * Class-wise NMF, the default dictionary (docs/measures.md §1a): {@link fitOneClass} for every class, stacked in class order.
 * Progress counts classes.
 * @throws InputError when a class has no row, a label is no class, or as {@link fitNmf}
 */
export async function fitClassNmf(input: LabelledRows, options: NmfOptions, control: Control = unwatched): Promise<ClassNmf> {
  const { rows, n, d, labels, classes } = input;
  const { atoms: r } = resolveNmfOptions(options);
  requireCount('classes', classes);
  requireLabels(labels, n, classes);
  const source = viewOfRows('activations', rows, n, d);
  const within: Control = { throwIfCancelled: () => control.throwIfCancelled(), progress: () => undefined };
  const atoms = new Float64Array(classes * r * d);
  const perClass: ClassFitSummary[] = [];
  for (let label = 0; label < classes; label++) rowsOfClass(source, labels, label); // refused before any work is done
  for (let label = 0; label < classes; label++) {
    const fit = await fitOneClass(source, labels, label, options, within);
    atoms.set(fit.atoms, label * r * d);
    const { loss, relativeLoss, sweeps, converged, deadAtoms } = fit;
    perClass.push({ class: label, rows: fit.rows.length, loss, relativeLoss, sweeps, converged, deadAtoms });
    control.progress(label + 1, classes);
  }
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

/** The named rows (rising) in one array, reading only those blocks that hold one of them. */
async function gather(source: RowSource, wanted: Uint32Array, blockRows: number, control: Control): Promise<Float64Array> {
  const d = source.columns;
  const out = new Float64Array(wanted.length * d);
  let next = 0;
  while (next < wanted.length) {
    control.throwIfCancelled();
    const start = wanted[next]!;
    const first = next;
    while (next < wanted.length && wanted[next]! < start + blockRows) next++;
    const block = await source.read(start, wanted[next - 1]! + 1);
    for (let at = first; at < next; at++) {
      const row = wanted[at]!;
      const values = block.subarray((row - start) * d, (row - start + 1) * d);
      requireValues(source.name, values, row, d, false);
      out.set(values, at * d);
    }
  }
  return out;
}

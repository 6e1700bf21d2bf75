import { InputError, unwatched, type Control } from '@fathom/errors';
import {
  blockRowsFor,
  fixedPoint,
  foldOf,
  PlanedRows,
  productSums,
  SharedRoom,
  type Bits,
  type Crew,
  type ProductSums,
  type RowGroups,
} from '@fathom/exact';
import { memoryRows, type RowSource } from '@fathom/tensors';

import { requireRanges, type ColumnRanges } from './column-ranges.js';
import { systemBytes } from './fold-systems.js';
import { permutedColumns } from './permuted-columns.js';
import { commonRows } from './row-blocks.js';

/** Codes made ready for the probes of any number of layers: in fixed point, sorted into folds, in memory where they fit. */
export interface ProbeTargets {
  readonly name: string;
  readonly rows: number;
  /** Features of the codes. */
  readonly features: number;
  readonly folds: number;
  readonly bits: Bits;
  readonly blockRows: number;
  /** The codes; after them, where a null was asked for, some of their columns with the rows permuted. */
  readonly planes: readonly PlanedRows[];
  /** Memory for one layer at a time. */
  readonly rooms: ProbeRooms;
  /** The layer that {@link readAhead} has read, in that memory. */
  ahead?: PlanedRows | undefined;
}

/** A layer's activations, and the ranges of its channels. */
export interface LayerRows {
  readonly x: RowSource;
  readonly ranges: ColumnRanges;
}

/** Memory that one layer after another uses: its rows, its sums, and the systems of its probes. */
export interface ProbeRooms {
  readonly rows: SharedRoom;
  readonly sums: SharedRoom;
  readonly systems: SharedRoom;
}

/** How codes are made ready. */
export interface ProbeTargetOptions {
  readonly folds: number;
  readonly bits: Bits;
  /** Which columns. @default all */
  readonly columns?: Uint32Array;
  /** Columns of the null, among the chosen ones, and row i of it: that of row permutation[i] of the codes. @default no null */
  readonly permuted?: { readonly columns: Uint32Array; readonly permutation: ArrayLike<number> };
  /** Channels of the widest layer that they will be probed with: it bounds how many rows are in memory at a time. */
  readonly widest: number;
}

/** Bytes of codes, cut, that stay in memory from one layer to the next; what does not fit is read again. */
const KEPT_BYTES = 2 ** 29;

/**
 * Makes codes ready for {@link layerSums}. Where there is a null they are read here; 8 bytes × rows of each of its columns are kept.
 * @throws InputError when there are no features, ranges do not fit, there are not more rows than folds, a fold is empty, or the permutation is none
 */
export async function probeTargets(
  z: RowSource,
  ranges: ColumnRanges,
  options: ProbeTargetOptions,
  crew: Crew,
  control: Control = unwatched,
): Promise<ProbeTargets> {
  const { folds, bits, columns, permuted, widest } = options;
  requireRanges(z, ranges);
  requireProbeable(z, folds);
  const blockRows = blockRowsFor(Math.max(widest, columns?.length ?? z.columns), bits);
  const groups = foldGroups(folds);
  const point = fixedPoint(ranges, { bits, name: z.name });
  const codes = new PlanedRows(z, { point, groups, blockRows, keptBytes: KEPT_BYTES, ...(columns ? { columns } : {}) });
  const planes = [codes];
  if (permuted !== undefined && permuted.columns.length > 0) {
    const moved = await permutedColumns(codes, permuted.columns, permuted.permutation, crew, control);
    const pick = (values: Float64Array): Float64Array => Float64Array.from(permuted.columns, (column) => values[column]!);
    const own = { bits, centre: pick(codes.point.centre), scale: pick(codes.point.scale) };
    const rows = memoryRows(`${z.name}, permuted`, moved, z.rows, permuted.columns.length);
    planes.push(new PlanedRows(rows, { point: own, groups, blockRows, keptBytes: KEPT_BYTES / 8 }));
  }
  return {
    name: z.name,
    rows: z.rows,
    features: z.columns,
    folds,
    bits,
    blockRows,
    planes,
    rooms: roomsFor(widest, folds, planes, blockRows),
  };
}

/** Memory that the widest layer needs; of what a narrower one does not use no page is taken. */
function roomsFor(widest: number, folds: number, planes: readonly PlanedRows[], blockRows: number): ProbeRooms {
  const [codes] = planes;
  if (codes === undefined || codes.wide) return { rows: new SharedRoom(), sums: new SharedRoom(), systems: new SharedRoom() };
  const sums = [widest, ...planes.map(({ columns }) => columns)].map((columns) => 8 * folds * widest * columns);
  const { buffers, bytes } = systemBytes(widest);
  return {
    rows: new SharedRoom([Math.min(blockRows, codes.rows) * widest * codes.digits]),
    sums: new SharedRoom(sums),
    systems: new SharedRoom(new Array<number>((folds - 1) * buffers).fill(bytes)),
  };
}

/**
 * Fold-wise sums of a layer's activations with codes, by one pass over the rows. Progress in rows. They are kept in the targets'
 * memory until the sums of the next layer are begun.
 * @throws InputError when there are no channels, row counts differ, ranges do not fit, or a value is not finite
 */
export async function layerSums(
  x: RowSource,
  ranges: ColumnRanges,
  targets: ProbeTargets,
  crew: Crew,
  control: Control = unwatched,
): Promise<ProductSums> {
  const left = planedLayer({ x, ranges }, targets);
  const { planes, rooms, ahead } = targets;
  targets.ahead = undefined;
  return productSums(isSame(ahead, left) ? ahead : left, planes, { gram: true, room: rooms.sums }, crew, control);
}

/**
 * Reads the first rows of the layer whose sums come next, while those of the one before are used; they are to be begun once this has
 * ended. Never fails: what cannot be read is read again then.
 */
export async function readAhead(next: () => Promise<LayerRows>, targets: ProbeTargets, crew: Crew): Promise<void> {
  try {
    const layer = planedLayer(await next(), targets);
    await layer.readAhead(crew);
    targets.ahead = layer;
  } catch {
    // who asks for its sums is told
  }
}

function planedLayer({ x, ranges }: LayerRows, targets: ProbeTargets): PlanedRows {
  requireRanges(x, ranges);
  requireColumns(x);
  commonRows([x, targets]);
  const { bits, blockRows, folds, rooms } = targets;
  return new PlanedRows(x, { point: fixedPoint(ranges, { bits, name: x.name }), groups: foldGroups(folds), blockRows, room: rooms.rows });
}

/** Whether a layer is the one that was read ahead: names of artifacts' rows begin with their digest. */
function isSame(ahead: PlanedRows | undefined, { name, columns, point }: PlanedRows): ahead is PlanedRows {
  if (ahead?.name !== name || ahead.columns !== columns) return false;
  const { centre, scale } = ahead.point;
  return point.centre.every((value, at) => value === centre[at]) && point.scale.every((value, at) => value === scale[at]);
}

/** Folds as groups of rows (docs/measures.md §3.2). */
function foldGroups(folds: number): RowGroups {
  return { groups: folds, of: (row) => foldOf(row, folds) };
}

function requireColumns(source: RowSource): void {
  if (source.columns === 0) throw new InputError({ field: source.name, problem: 'no columns', value: 0, accepted: 'at least 1 column' });
}

function requireProbeable(z: RowSource, folds: number): void {
  requireColumns(z);
  if (z.rows <= folds) throw new InputError({ field: z.name, problem: 'too few rows', value: z.rows, accepted: `more rows than the ${folds} folds` });
  const empty = firstEmptyFold(z.rows, folds);
  if (empty >= 0)
    throw new InputError({
      field: 'folds',
      problem: `fold ${empty} of ${z.rows} rows is empty`,
      value: folds,
      accepted: 'fewer folds, or more rows',
    });
}

function firstEmptyFold(rows: number, folds: number): number {
  const found = new Uint8Array(folds);
  let missing = folds;
  for (let row = 0; row < rows && missing > 0; row += 1) {
    const fold = foldOf(row, folds);
    if (found[fold] === 0) missing -= 1;
    found[fold] = 1;
  }
  return found.indexOf(0);
}

import type { Artifact } from '@fathom/artifacts';
import { canonicalJson, isFloating, type Tensor } from '@fathom/tensors';

/** How far numbers of class ENGINE may be off, as a share of the largest size in their column (docs/measures.md §10.1). */
export const TOLERANCE = 1e-4;

/** What an artifact is to the one that was made again of the same request. */
export type Likeness =
  | { readonly outcome: 'same bits' }
  /** Of class ENGINE, and nowhere further off than {@link TOLERANCE}. */
  | { readonly outcome: 'within 1e-4'; readonly deviation: number }
  | { readonly outcome: 'different'; readonly problem?: string };

const ROWS_AT_ONCE = 1024;

/**
 * Compares a stored artifact with the one that was made again; the latter's class counts, since the former may have been tampered with.
 * The stored one is read whole, so that damaged bytes are found.
 * @throws FathomError CORRUPT_DATA naming what is damaged
 */
export async function compareArtifacts(stored: Artifact, again: Artifact): Promise<Likeness> {
  for (const name of Object.keys(stored.tensors)) await readWhole(stored, name);
  if (stored.digest === again.digest) return { outcome: 'same bits' };
  if (again.provenance.determinism !== 'ENGINE') return { outcome: 'different' };
  if (describe(stored) !== describe(again)) return { outcome: 'different', problem: 'it describes itself otherwise' };
  let deviation = 0;
  for (const [name, { dtype }] of Object.entries(again.tensors)) {
    const off = isFloating(dtype) ? await deviationOf(stored, again, name) : await isSame(stored, again, name);
    if (!(off <= TOLERANCE)) return { outcome: 'different', problem: `${name} is off by ${shareOf(off)}` };
    deviation = Math.max(deviation, off);
  }
  return { outcome: 'within 1e-4', deviation };
}

/** A deviation for people. */
export function shareOf(deviation: number): string {
  return Number.isFinite(deviation) ? `${deviation.toPrecision(2)} of a column's largest size` : 'more than its values are large';
}

/** Everything of an artifact but its numbers. */
function describe({ kind, attributes, tensors }: Artifact): string {
  const shapes = Object.entries(tensors).map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] }));
  return canonicalJson({ kind, attributes, tensors: shapes.sort((a, b) => (a.name < b.name ? -1 : 1)) });
}

async function readWhole(artifact: Artifact, name: string): Promise<void> {
  const source = artifact.rows(name);
  for (let start = 0; start < source.rows; start += ROWS_AT_ONCE) await source.read(start, Math.min(source.rows, start + ROWS_AT_ONCE));
}

/** The largest difference in a column, as a share of the largest size in that column; the worst of all columns. */
async function deviationOf(stored: Artifact, again: Artifact, name: string): Promise<number> {
  const [left, right] = [stored.rows(name), again.rows(name)];
  const { rows, columns } = right;
  const [off, largest] = [new Float64Array(columns), new Float64Array(columns)];
  for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
    const end = Math.min(rows, start + ROWS_AT_ONCE);
    const [a, b] = [await left.read(start, end), await right.read(start, end)];
    for (let at = 0; at < b.length; at++) {
      const j = at % columns;
      off[j] = Math.max(off[j]!, Math.abs(a[at]! - b[at]!));
      largest[j] = Math.max(largest[j]!, Math.abs(b[at]!));
    }
  }
  return off.reduce((worst, difference, j) => (difference === 0 ? worst : Math.max(worst, difference / largest[j]!)), 0);
}

/** 0 where whole numbers are the same, else infinity. */
async function isSame(stored: Artifact, again: Artifact, name: string): Promise<number> {
  const bytes = ({ data }: Tensor): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return bytes(await stored.tensor(name)).equals(bytes(await again.tensor(name))) ? 0 : Infinity;
}

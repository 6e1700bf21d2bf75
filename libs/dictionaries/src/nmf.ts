import { InputError, unwatched, type Control } from '@fathom/errors';
import type { RowSource } from '@fathom/tensors';
import { lossOf, updateAtoms, updateCodes } from './hals.js';
import { resolveNmfOptions, type NmfOptions } from './nmf-options.js';
import { nndsvdStart } from './nndsvd.js';
import { forEachBlock, requireCount, requireValues, viewOfRows } from './row-blocks.js';
import { addProductOverRows, innerProducts } from './row-products.js';

/** A ≈ Z·D with nothing below zero. */
export interface NmfFit {
  /** D, r × d row-major, rows of unit L2 norm; an atom that no row uses is zero. */
  readonly atoms: Float64Array;
  /** Z, n × r row-major, with the scale. */
  readonly codes: Float64Array;
  /** ‖A − ZD‖²_F, good to about 1e-15 of ‖A‖²_F. */
  readonly loss: number;
  /** loss / ‖A‖²_F, 0..1; 0 where A is zero. */
  readonly relativeLoss: number;
  /** Sweeps over the rows that were made, 1..maxSweeps. */
  readonly sweeps: number;
  /** Whether the last sweep lowered the loss by less than the tolerance; else the sweeps ran out. */
  readonly converged: boolean;
  /** Number of zero atoms. */
  readonly deadAtoms: number;
}

/**
 * Non-negative matrix factorisation of an n × d row-major matrix of this process (docs/measures.md §1a); see {@link fitNmfStreamed}.
 * @throws InputError when the array is not n × d, an entry is negative or not finite (named by row and column), or an option is wrong
 */
export async function fitNmf(rows: Float64Array, n: number, d: number, options: NmfOptions, control: Control = unwatched): Promise<NmfFit> {
  return fitNmfStreamed(viewOfRows('activations', rows, n, d), options, control);
}

/**
 * Non-negative matrix factorisation by HALS from an NNDSVD start (docs/measures.md §1a), reading the rows from first to last
 * once a sweep. A code needs its own row and D alone, and D needs no more of the rows than ZᵀA and ZᵀZ; so only Z (n × r), D
 * and a block are held. Sums are taken in row order: the same bits for any `blockRows`. Progress counts sweeps.
 * Costs about 2·n·r·(d + r) multiply-adds a sweep.
 * @throws InputError as {@link fitNmf}, naming the source; CANCELLED when `control` says so
 */
export async function fitNmfStreamed(source: RowSource, options: NmfOptions, control: Control = unwatched): Promise<NmfFit> {
  const filled = resolveNmfOptions(options);
  const { rows: n, columns: d } = source;
  requireCount(`rows of ${source.name}`, n);
  requireCount(`columns of ${source.name}`, d);
  const r = filled.atoms;
  const energy = await energyOf(source, filled.blockRows, control);
  const { atoms, codes } = await nndsvdStart(source, filled, control);
  const gram = new Float64Array(r * r);
  const codesRows = new Float64Array(r * d);
  const codesGram = new Float64Array(r * r);
  const products = new Float64Array(Math.min(n, filled.blockRows) * r);

  const passOverRows = async (update: boolean): Promise<void> => {
    codesRows.fill(0);
    codesGram.fill(0);
    await forEachBlock(source, filled.blockRows, control, (block, start, rows) => {
      if (update) {
        innerProducts(products, 0, block, rows, atoms, r, d);
        updateCodes(codes, start * r, products, gram, rows, r);
      }
      addProductOverRows(codesRows, codes, start * r, r, block, d, rows);
      addProductOverRows(codesGram, codes, start * r, r, codes.subarray(start * r), r, rows);
    });
  };

  await passOverRows(false);
  innerProducts(gram, 0, atoms, r, atoms, r, d);
  let loss = lossOf(energy, codesRows, atoms, codesGram, gram);
  let sweeps = 0;
  let converged = false;
  while (!converged && sweeps < filled.maxSweeps) {
    await passOverRows(true);
    updateAtoms(atoms, codesRows, codesGram, r, d);
    innerProducts(gram, 0, atoms, r, atoms, r, d);
    const before = loss;
    loss = lossOf(energy, codesRows, atoms, codesGram, gram);
    sweeps++;
    converged = before === 0 || (before - loss) / before < filled.tolerance;
    control.progress(sweeps, filled.maxSweeps);
  }
  const deadAtoms = toUnitAtoms(atoms, codes, gram, codesGram, n, r, d);
  return { atoms, codes, loss, relativeLoss: energy > 0 ? loss / energy : 0, sweeps, converged, deadAtoms };
}

/** ‖A‖²_F, after looking at every entry. */
async function energyOf(source: RowSource, blockRows: number, control: Control): Promise<number> {
  let energy = 0;
  await forEachBlock(source, blockRows, control, (block, start) => {
    requireValues(source.name, block, start, source.columns, false);
    for (let at = 0; at < block.length; at++) energy += block[at]! * block[at]!;
  });
  if (energy === Infinity)
    throw new InputError({
      field: source.name,
      problem: 'values too large: their squares add up to infinity',
      accepted: 'values whose squares add up to a float64',
    });
  return energy;
}

/** Moves the atoms' lengths into the codes; an atom without length or without codes becomes zero. Returns how many are. */
function toUnitAtoms(atoms: Float64Array, codes: Float64Array, gram: Float64Array, codesGram: Float64Array, n: number, r: number, d: number): number {
  const lengths = Float64Array.from({ length: r }, (_, j) => (codesGram[j * r + j]! > 0 ? Math.sqrt(gram[j * r + j]!) : 0));
  for (let j = 0; j < r; j++) {
    const length = lengths[j]!;
    for (let c = j * d; c < (j + 1) * d; c++) atoms[c] = length > 0 ? atoms[c]! / length : 0;
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < r; j++) codes[i * r + j] = codes[i * r + j]! * lengths[j]!;
  return lengths.filter((length) => length === 0).length;
}

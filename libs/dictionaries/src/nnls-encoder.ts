import { FathomError, InputError, unwatched, type Control } from '@fathom/errors';
import { PassiveSet } from './passive-set.js';
import { requireCount, requireMatrix, requireValues } from './row-blocks.js';
import { innerProducts } from './row-products.js';

/** H takes 8·k² bytes. */
const MOST_ATOMS = 16_384;
/** ε of docs/measures.md §1, as a share of the mean squared length of an atom. */
const RIDGE = 1e-6;
/** An atom comes in when the loss falls faster along it than this share of the largest product of the row with an atom. */
const ENTRY = 2e-15;
const ROWS_PER_LOOK = 256;

/** How long the search for one code may last. */
export interface NnlsOptions {
  /** Atoms that may come in before a row is given up with an INTERNAL error; the search needs about as many as the code has non-zeros. @default 20·k + 100 */
  readonly maxSteps?: number;
}

/**
 * Codes for a fixed dictionary (docs/measures.md §1): z = argmin over z ≥ 0 of ‖a − zD‖² + ε‖z‖², ε = 1e-6·‖D‖²_F/k.
 *
 * Active set (Lawson and Hanson) on H = DDᵀ + εI and b = Da: the atom along which the loss falls fastest comes in, atoms whose
 * weight would turn negative go. The last solve takes the atoms found in index order, so the bits are a function of that set
 * and the row; nothing is carried from one row to the next. Signs in D and in the rows are free; a zero atom has code 0.
 */
export class NnlsEncoder {
  private readonly h: Float64Array;
  private readonly b: Float64Array;
  private readonly slope: Float64Array;
  private readonly trial: Float64Array;
  private readonly barred: Uint8Array;
  private readonly passive: PassiveSet;
  private readonly maxSteps: number;
  private worst = 0;

  /**
   * @param atoms D, k × d row-major, finite; k at most 16,384 (8·k² bytes are held)
   * @throws InputError when D is not k × d or not finite
   */
  constructor(
    private readonly atoms: Float64Array,
    private readonly k: number,
    private readonly d: number,
    options: NnlsOptions = {},
  ) {
    requireCount('atoms', k, MOST_ATOMS);
    requireMatrix('atoms', atoms, k, d);
    requireValues('atoms', atoms, 0, d, true);
    this.maxSteps = options.maxSteps ?? 20 * k + 100;
    requireCount('maxSteps', this.maxSteps);
    this.h = new Float64Array(k * k);
    innerProducts(this.h, 0, atoms, k, atoms, k, d);
    let energy = 0;
    for (let j = 0; j < k; j++) energy += this.h[j * k + j]!;
    if (energy === Infinity)
      throw new InputError({ field: 'atoms', problem: 'values too large: their squares add up to infinity', accepted: 'atoms of unit length' });
    for (let j = 0; j < k; j++) this.h[j * k + j] = this.h[j * k + j]! + (RIDGE * energy) / k;
    this.b = new Float64Array(k);
    this.slope = new Float64Array(k);
    this.trial = new Float64Array(k);
    this.barred = new Uint8Array(k);
    this.passive = new PassiveSet(this.h, this.b, k);
  }

  /**
   * The largest violation of the optimality conditions over all rows encoded so far, relative to the largest product of the
   * row with an atom: |slope| where the code is positive, the slope upwards where it is 0. About 1e-15 is rounding.
   */
  get worstKkt(): number {
    return this.worst;
  }

  /**
   * Codes (n × k row-major, ≥ 0) of n rows (n × d row-major, finite).
   * @throws InputError when the rows are not n × d or not finite; INTERNAL when a row takes more than `maxSteps`
   */
  encode(rows: Float64Array, n: number, control: Control = unwatched): Float64Array {
    requireMatrix('activations', rows, n, this.d);
    requireValues('activations', rows, 0, this.d, true);
    const codes = new Float64Array(n * this.k);
    for (let row = 0; row < n; row++) {
      if (row % ROWS_PER_LOOK === 0) {
        control.throwIfCancelled();
        control.progress(row, n);
      }
      innerProducts(this.b, 0, rows.subarray(row * this.d, (row + 1) * this.d), 1, this.atoms, this.k, this.d);
      this.encodeRow(codes, row);
    }
    control.progress(n, n);
    return codes;
  }

  private encodeRow(codes: Float64Array, row: number): void {
    const { b, slope, barred, passive, k } = this;
    const z = codes.subarray(row * k, (row + 1) * k);
    let scale = 0;
    for (let j = 0; j < k; j++) scale = Math.max(scale, Math.abs(b[j]!));
    if (!(scale <= Number.MAX_VALUE))
      throw new InputError({
        field: `activations[row ${row}]`,
        problem: 'values too large: their products with the atoms are no numbers',
        accepted: 'rows whose products with the atoms are float64',
      });
    passive.size = 0;
    slope.set(b);
    barred.fill(0);
    for (let steps = 0; ; steps++) {
      const atom = this.steepest(ENTRY * scale);
      if (atom < 0) break;
      if (steps >= this.maxSteps)
        throw new FathomError('INTERNAL', `the code of row ${row} is not found after ${steps} steps`, {
          metadata: { row: String(row), steps: String(steps) },
        });
      barred[atom] = 1; // members are barred too
      if (!passive.add(atom)) continue;
      passive.solve(this.trial);
      if (!(this.trial[passive.size - 1]! > 0)) {
        passive.size--;
        continue;
      }
      this.walkToTrial(z);
      barred.fill(0);
      for (let i = 0; i < passive.size; i++) barred[passive.members[i]!] = 1;
      this.updateSlope(z);
    }
    this.settle(z);
    this.updateSlope(z);
    for (let j = 0; j < k; j++) {
      const violation = z[j]! > 0 ? Math.abs(slope[j]!) : slope[j]!;
      if (violation > this.worst * scale) this.worst = violation / scale;
    }
  }

  /** The atom outside the set with the largest slope above `least`, the first of equals; −1 if there is none. */
  private steepest(least: number): number {
    const { slope, barred, k } = this;
    let best = -1;
    let most = least;
    for (let j = 0; j < k; j++) {
      if (slope[j]! > most && barred[j] === 0) {
        most = slope[j]!;
        best = j;
      }
    }
    return best;
  }

  /** Goes from z towards the solution on the set, and as often as a weight reaches 0 on the way, lets its atom go and solves again. */
  private walkToTrial(z: Float64Array): void {
    const { passive, trial } = this;
    for (;;) {
      let share = 1;
      let stop = -1;
      for (let i = 0; i < passive.size; i++) {
        if (trial[i]! > 0) continue;
        const from = z[passive.members[i]!]!;
        const reach = from / (from - trial[i]!);
        if (stop < 0 || reach < share) {
          share = reach;
          stop = i;
        }
      }
      if (stop < 0) break;
      for (let i = 0; i < passive.size; i++) {
        const j = passive.members[i]!;
        z[j] = z[j]! + share * (trial[i]! - z[j]!);
      }
      z[passive.members[stop]!] = 0;
      for (let i = passive.size - 1; i >= 0; i--) {
        const j = passive.members[i]!;
        if (z[j]! > 0) continue;
        z[j] = 0;
        passive.removeAt(i);
      }
      passive.solve(trial);
    }
    for (let i = 0; i < passive.size; i++) z[passive.members[i]!] = trial[i]!;
  }

  /** Solves once more on the set in index order; a weight that rounding leaves below 0 goes. */
  private settle(z: Float64Array): void {
    const { passive, trial } = this;
    let atoms = passive.members.slice(0, passive.size).sort();
    for (;;) {
      passive.size = 0;
      for (const atom of atoms) passive.add(atom);
      passive.solve(trial);
      const positive = passive.members.slice(0, passive.size).filter((_, i) => trial[i]! > 0);
      if (positive.length === passive.size) break;
      atoms = positive;
    }
    z.fill(0);
    for (let i = 0; i < passive.size; i++) z[passive.members[i]!] = trial[i]!;
  }

  /** slope = b − H·z, half the fall of the loss along each atom. */
  private updateSlope(z: Float64Array): void {
    const { slope, b, h, k, passive } = this;
    const { members, size } = passive;
    slope.set(b);
    let i = 0;
    for (; i + 3 < size; i += 4) {
      const [p, q, r, s] = [members[i]!, members[i + 1]!, members[i + 2]!, members[i + 3]!];
      const [zp, zq, zr, zs] = [z[p]!, z[q]!, z[r]!, z[s]!];
      const [hp, hq, hr, hs] = [p * k, q * k, r * k, s * k];
      for (let j = 0; j < k; j++) slope[j] = slope[j]! - zp * h[hp + j]! - zq * h[hq + j]! - zr * h[hr + j]! - zs * h[hs + j]!;
    }
    for (; i < size; i++) {
      const weight = z[members[i]!]!;
      const row = members[i]! * k;
      for (let j = 0; j < k; j++) slope[j] = slope[j]! - weight * h[row + j]!;
    }
  }
}

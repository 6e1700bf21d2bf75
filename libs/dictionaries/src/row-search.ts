import type { ActiveSet } from './active-set.js';
import { gatherGram, type LargeDictionary } from './large-dictionary.js';
import { PassiveSet } from './passive-set.js';

/** An atom comes in when the loss falls faster along it than this share of the largest product of the row with an atom: H has 40 bits. */
const ENTRY = 1e-11;
/** Atoms that are looked at beside those in use: as many as are in use, and at least this number. */
const LEAST_CANDIDATES = 128;
/** Atoms in use up to which a factor is kept from one round to the next; a larger one (8 MB) is made anew. */
const MOST_KEPT = 1400;

/** Space that the searches of one thread use one after the other. */
export interface SearchSpace {
  readonly active: ActiveSet;
  /** k, all 0 in between. */
  readonly inUse: Uint8Array;
  gram: Float64Array;
}

/** The slopes of the loss along all atoms, nearly: each is off by at most its bound. */
export interface Slopes {
  readonly values: Float64Array;
  readonly bounds: Float64Array;
}

/**
 * The search for the code of one row among many atoms. Round by round: the slopes along all atoms come from outside, the steepest join
 * those in use, and the problem on these alone is solved. When no atom is left along which the loss falls, the atoms found are solved
 * for in index order and the weights refined with the exact residual.
 */
export class RowSearch {
  /** Atoms that came in so far. */
  steps = 0;
  private atoms = new Int32Array(0);
  private weights = new Float64Array(0);
  private products = new Float64Array(0);
  private passive = new PassiveSet();
  private scale = -1;
  private checked: number[] = [];

  constructor(
    private readonly row: Float64Array,
    private readonly dictionary: LargeDictionary,
  ) {}

  /** a − zD of the atoms in use, into `out`. */
  residual(out: Float64Array): void {
    residualOf(this.row, this.dictionary.atoms, this.atoms, this.weights, out);
  }

  /**
   * One round; true where the atoms in use are the ones.
   * @param scale the largest size of the row's products with the atoms
   */
  advance(slopes: Slopes, residual: Float64Array, scale: number, maxSteps: number, space: SearchSpace): boolean {
    const { dictionary, row } = this;
    if (this.scale < 0) this.scale = scale;
    const known = this.atoms.length;
    const found = this.steepest(slopes, residual, space.inUse);
    if (found.length === 0) return true;
    const ids = new Int32Array(known + found.length);
    ids.set(this.atoms);
    ids.set(found, known);
    const count = ids.length;
    if (space.gram.length < count * count) space.gram = new Float64Array(2 * count * count);
    gatherGram(dictionary, ids, space.gram);
    const b = new Float64Array(count);
    b.set(this.products);
    for (let i = known; i < count; i++) b[i] = dot(row, 0, dictionary.atoms, ids[i]! * dictionary.d, dictionary.d);
    const z = new Float64Array(count);
    z.set(this.weights);
    const active = space.active.over(space.gram, b, count, this.passive);
    if (this.passive.size === 0) this.passive.addAll(Int32Array.from({ length: known }, (_, i) => i));
    const entered = active.search(z, ENTRY * this.scale, maxSteps - this.steps);
    this.steps += entered;
    this.keep(ids, b, z);
    return entered === 0;
  }

  /** Atoms whose slope is above the entry for certain, the steepest first; where there are none, those that exact slopes show to be. */
  private steepest({ values, bounds }: Slopes, residual: Float64Array, inUse: Uint8Array): number[] {
    const { atoms, dictionary } = this;
    const entry = ENTRY * this.scale;
    const most = Math.max(LEAST_CANDIDATES, atoms.length);
    for (const atom of atoms) inUse[atom] = 1;
    let found: number[] = [];
    this.checked = [];
    for (let j = 0; j < values.length; j++) {
      if (inUse[j] !== 0) continue;
      if (values[j]! - bounds[j]! > entry) found.push(j);
      else if (values[j]! + bounds[j]! > entry) this.checked.push(j);
    }
    if (found.length > 0) found.sort((x, y) => values[y]! - values[x]! || x - y);
    else {
      const exact = new Map(this.checked.map((j) => [j, dot(residual, 0, dictionary.atoms, j * dictionary.d, dictionary.d)]));
      found = this.checked.filter((j) => exact.get(j)! > entry).sort((x, y) => exact.get(y)! - exact.get(x)! || x - y);
    }
    for (const atom of atoms) inUse[atom] = 0;
    return found.slice(0, most);
  }

  /** Keeps what belongs to the atoms in use, which get their places in the factor as indices. */
  private keep(ids: Int32Array, b: Float64Array, z: Float64Array): void {
    const { passive } = this;
    const places = passive.members.slice(0, passive.size);
    this.atoms = Int32Array.from(places, (place) => ids[place]!);
    this.weights = Float64Array.from(places, (place) => z[place]!);
    this.products = Float64Array.from(places, (place) => b[place]!);
    if (passive.size > MOST_KEPT) this.passive = new PassiveSet();
    else for (let i = 0; i < passive.size; i++) passive.members[i] = i;
  }

  /**
   * Writes the code (length k).
   * @returns the largest violation of the optimality conditions, relative to the largest product of the row with an atom
   */
  finish(code: Float64Array, space: SearchSpace): number {
    const { row, dictionary } = this;
    const { d, ridge, atoms: all } = dictionary;
    const order = Array.from(this.atoms.keys()).sort((x, y) => this.atoms[x]! - this.atoms[y]!);
    const ids = Int32Array.from(order, (place) => this.atoms[place]!);
    const b = Float64Array.from(order, (place) => this.products[place]!);
    const count = ids.length;
    if (space.gram.length < count * count) space.gram = new Float64Array(2 * count * count);
    gatherGram(dictionary, ids, space.gram);
    const passive = new PassiveSet();
    const active = space.active.over(space.gram, b, count, passive);
    const residual = new Float64Array(d);
    const rest = new Float64Array(count);
    const z = new Float64Array(count);
    active.settle(z, Int32Array.from(ids.keys()), ({ members, size }, weights) => {
      const used = Int32Array.from(members.subarray(0, size), (place) => ids[place]!);
      residualOf(row, all, used, weights, residual);
      for (let i = 0; i < size; i++) rest[i] = dot(residual, 0, all, used[i]! * d, d) - ridge * weights[i]!;
      passive.correct(weights, rest);
    });
    residualOf(row, all, ids, z, residual);
    let worst = 0;
    for (let i = 0; i < count; i++) {
      const slope = dot(residual, 0, all, ids[i]! * d, d) - ridge * z[i]!;
      worst = Math.max(worst, z[i]! > 0 ? Math.abs(slope) : slope);
      code[ids[i]!] = z[i]!;
    }
    for (const j of this.checked) worst = Math.max(worst, dot(residual, 0, all, j * d, d));
    return this.scale > 0 ? worst / this.scale : 0;
  }
}

/** out = row − Σ weight·atom, in the order of the atoms, four at a time. */
function residualOf(row: Float64Array, all: Float64Array, atoms: Int32Array, weights: Float64Array, out: Float64Array): void {
  const d = row.length;
  out.set(row);
  let i = 0;
  for (; i + 3 < atoms.length; i += 4) {
    const [p, q, r, s] = [atoms[i]! * d, atoms[i + 1]! * d, atoms[i + 2]! * d, atoms[i + 3]! * d];
    const [wp, wq, wr, ws] = [weights[i]!, weights[i + 1]!, weights[i + 2]!, weights[i + 3]!];
    for (let c = 0; c < d; c++) out[c] = out[c]! - (wp * all[p + c]! + wq * all[q + c]! + wr * all[r + c]! + ws * all[s + c]!);
  }
  for (; i < atoms.length; i++) {
    const at = atoms[i]! * d;
    const weight = weights[i]!;
    for (let c = 0; c < d; c++) out[c] = out[c]! - weight * all[at + c]!;
  }
}

/** Inner product of two stretches, in four interleaved sums: one alone would wait for each addition. */
function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let l = 0;
  for (; l + 3 < length; l += 4) {
    s0 += a[atA + l]! * b[atB + l]!;
    s1 += a[atA + l + 1]! * b[atB + l + 1]!;
    s2 += a[atA + l + 2]! * b[atB + l + 2]!;
    s3 += a[atA + l + 3]! * b[atB + l + 3]!;
  }
  for (; l < length; l++) s0 += a[atA + l]! * b[atB + l]!;
  return s0 + s1 + (s2 + s3);
}

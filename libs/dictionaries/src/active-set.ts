import { PassiveSet } from './passive-set.js';

/**
 * Least ½·zᵀHz − bᵀz over z ≥ 0, H symmetric positive definite: an active set (Lawson and Hanson) into which several atoms may come
 * at once. Atoms along which the loss falls fastest come in, as many as a quarter of those in use; then the equations are solved on the
 * set, and atoms whose weight is not positive leave it, until all are. Where the loss is not less then, the step is undone and from
 * there on atoms come in one by one, which lessens it for certain: no set comes twice.
 */
export class ActiveSet {
  /** The atoms in use. */
  passive = new PassiveSet();
  /** b − H·z: half the fall of the loss along each atom. */
  slope = new Float64Array(0);
  private barred = new Uint8Array(0);
  private trial = new Float64Array(0);
  private h: Float64Array = new Float64Array(0);
  private b: Float64Array = new Float64Array(0);
  private k = 0;

  /** From now on the problem is this one, of k atoms, and these are in use. */
  over(h: Float64Array, b: Float64Array, k: number, passive = this.passive): this {
    this.h = h;
    this.b = b;
    this.k = k;
    this.passive = passive.over(h, b, k);
    if (this.slope.length !== k) {
      this.slope = new Float64Array(k);
      this.barred = new Uint8Array(k);
      this.trial = new Float64Array(k);
    }
    return this;
  }

  /**
   * Goes from z (length k; 0 outside the passive set, the solution on it) to the minimiser.
   * @param entry an atom comes in where its slope is above
   * @param most atoms that may come in; fewer are left to come in
   * @returns how many came in; above `most` where the search was given up
   */
  search(z: Float64Array, entry: number, most: number): number {
    let steps = 0;
    let several = true;
    this.markMembers();
    this.updateSlope(z);
    for (;;) {
      const count = several ? Math.max(1, this.passive.size >> 2) : 1;
      const atoms = this.steepest(entry, count);
      if (atoms.length === 0) return steps;
      steps += atoms.length;
      if (steps > most) return steps;
      if (atoms.length > 1) several = this.enterSeveral(z, atoms);
      else if (!this.enter(z, atoms[0]!)) continue;
      this.markMembers();
      this.updateSlope(z);
    }
  }

  /**
   * Solves on atoms in index order; an atom whose weight is not positive goes.
   * @param atoms in rising order
   * @param refine may change the weights of the members, in their order
   */
  settle(z: Float64Array, atoms: Int32Array, refine: (passive: PassiveSet, weights: Float64Array) => void = () => undefined): void {
    const { passive, trial } = this;
    for (;;) {
      passive.size = 0;
      passive.addAll(atoms);
      passive.solve(trial);
      refine(passive, trial);
      const positive = passive.members.slice(0, passive.size).filter((_, i) => trial[i]! > 0);
      if (positive.length === passive.size) break;
      atoms = positive;
    }
    z.fill(0);
    this.takeTrial(z);
  }

  /** slope = b − H·z. */
  updateSlope(z: Float64Array): void {
    const { slope, b, h, k, passive } = this;
    const { members, size } = passive;
    for (let j = 0; j < k; j++) slope[j] = b[j]!;
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

  private markMembers(): void {
    const { barred, passive } = this;
    barred.fill(0);
    for (let i = 0; i < passive.size; i++) barred[passive.members[i]!] = 1;
  }

  /** Up to `count` atoms outside the set with the largest slopes above `least`, falling, the first of equals first. */
  private steepest(least: number, count: number): number[] {
    const { slope, barred, k } = this;
    if (count > 1) {
      const found: number[] = [];
      for (let j = 0; j < k; j++) if (slope[j]! > least && barred[j] === 0) found.push(j);
      return found.sort((x, y) => slope[y]! - slope[x]! || x - y).slice(0, count);
    }
    let best = -1;
    let most = least;
    for (let j = 0; j < k; j++) {
      if (slope[j]! > most && barred[j] === 0) {
        most = slope[j]!;
        best = j;
      }
    }
    return best < 0 ? [] : [best];
  }

  /** Lets one atom in; false, and z stays, where it cannot be used, which bars it until another came in. */
  private enter(z: Float64Array, atom: number): boolean {
    const { passive, trial, barred } = this;
    barred[atom] = 1;
    if (!passive.add(atom)) return false;
    passive.solve(trial);
    if (!(trial[passive.size - 1]! > 0)) {
      passive.size--;
      return false;
    }
    this.walkToTrial(z);
    return true;
  }

  /** Lets several atoms in; false, and z stays, where that does not lessen the loss. */
  private enterSeveral(z: Float64Array, atoms: readonly number[]): boolean {
    const { passive, trial } = this;
    const before = passive.members.slice(0, passive.size);
    const gain = this.gain((_, atom) => z[atom]!);
    passive.addAll(atoms);
    for (;;) {
      passive.solve(trial);
      let place = passive.size - 1;
      const size = passive.size;
      for (; place >= 0; place--) if (!(trial[place]! > 0)) passive.removeAt(place);
      if (passive.size === size) break;
    }
    if (!(this.gain((i) => trial[i]!) > gain)) {
      passive.size = 0;
      passive.addAll(before);
      return false;
    }
    for (const atom of before) z[atom] = 0;
    this.takeTrial(z);
    return true;
  }

  /** bᵀz: where the equations hold on the set, the loss is less than that of z = 0 by half of this. */
  private gain(weight: (place: number, atom: number) => number): number {
    const { members, size } = this.passive;
    let sum = 0;
    for (let i = 0; i < size; i++) sum += this.b[members[i]!]! * weight(i, members[i]!);
    return sum;
  }

  private takeTrial(z: Float64Array): void {
    const { passive, trial } = this;
    for (let i = 0; i < passive.size; i++) z[passive.members[i]!] = trial[i]!;
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
    this.takeTrial(z);
  }
}

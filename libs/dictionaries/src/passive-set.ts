/** Atoms that are added side by side: one alone would wait for each subtraction. Every sum runs in order, so that no bit depends on it. */
const SIDE = 4;

/**
 * The atoms that may be used at the moment, with the Cholesky factor of their part of H: atoms come and go.
 * The factor is packed by rows, so it takes room for the atoms in use only.
 */
export class PassiveSet {
  /** Atoms in the order they came; the first `size` count. */
  members = new Int32Array(64);
  size = 0;
  private factor = new Float64Array(64);
  private reduced = new Float64Array(64); // L⁻¹·b of the members
  private side = new Float64Array(0);
  private h: Float64Array = new Float64Array(0);
  private b: Float64Array = new Float64Array(0);
  private k = 0;

  /**
   * From now on atoms are indices of a symmetric positive definite k × k matrix and of a right-hand side b (length k): what they hold
   * at an `add` counts. Members keep their places in the factor; `members` has to be given their new indices.
   */
  over(h: Float64Array, b: Float64Array, k: number): this {
    this.h = h;
    this.b = b;
    this.k = k;
    return this;
  }

  /** Appends an atom, p²/2 multiply-adds; false, and nothing changes, where it depends on the members as far as rounding lets see. */
  add(atom: number): boolean {
    return this.append(atom, 0, 1, 0);
  }

  /** Appends atoms one after the other, each as {@link add} does, and leaves out those that depend on the members. */
  addAll(atoms: ArrayLike<number>): void {
    let next = 0;
    for (; next + SIDE <= atoms.length; next += SIDE) {
      const known = this.size;
      this.reduceFour(atoms, next);
      for (let t = 0; t < SIDE; t++) this.append(atoms[next + t]!, known, SIDE, t);
    }
    for (; next < atoms.length; next++) this.add(atoms[next]!);
  }

  /** The new rows of the factor of four atoms, as far as they concern the members, side by side. */
  private reduceFour(atoms: ArrayLike<number>, first: number): void {
    const { factor, members, h, k, size } = this;
    if (this.side.length < SIDE * size) this.side = new Float64Array(2 * SIDE * size);
    const side = this.side;
    const [a, b, c, d] = [atoms[first]! * k, atoms[first + 1]! * k, atoms[first + 2]! * k, atoms[first + 3]! * k];
    for (let i = 0, at = 0; i < size; i++) {
      const member = members[i]!;
      let x0 = h[a + member]!;
      let x1 = h[b + member]!;
      let x2 = h[c + member]!;
      let x3 = h[d + member]!;
      let l = 0;
      for (const end = at + i; at < end; at++, l += SIDE) {
        const known = factor[at]!;
        x0 -= known * side[l]!;
        x1 -= known * side[l + 1]!;
        x2 -= known * side[l + 2]!;
        x3 -= known * side[l + 3]!;
      }
      const pivot = factor[at++]!;
      side[l] = x0 / pivot;
      side[l + 1] = x1 / pivot;
      side[l + 2] = x2 / pivot;
      side[l + 3] = x3 / pivot;
    }
  }

  /** Appends an atom whose row of the factor is known for the first `known` members: in `side`, every `step`-th value from `offset` on. */
  private append(atom: number, known: number, step: number, offset: number): boolean {
    const p = this.size;
    const row = (p * (p + 1)) / 2;
    this.makeRoom(p + 1, row + p + 1);
    const { factor, reduced, members, h, side } = this;
    const diagonal = h[atom * this.k + atom]!;
    let rest = diagonal;
    let value = this.b[atom]!;
    for (let i = 0, at = 0; i < p; i++) {
      let x: number;
      if (i < known) x = side[i * step + offset]!;
      else {
        x = h[atom * this.k + members[i]!]!;
        for (let l = 0; l < i; l++) x -= factor[at + l]! * factor[row + l]!;
        x /= factor[at + i]!;
      }
      at += i + 1;
      factor[row + i] = x;
      rest -= x * x;
      value -= x * reduced[i]!;
    }
    if (!(rest > 1e-14 * diagonal)) return false;
    const pivot = Math.sqrt(rest);
    factor[row + p] = pivot;
    reduced[p] = value / pivot;
    members[p] = atom;
    this.size = p + 1;
    return true;
  }

  private makeRoom(atoms: number, values: number): void {
    if (values > this.factor.length) this.factor = longer(this.factor, 2 * values);
    if (atoms > this.reduced.length) {
      this.reduced = longer(this.reduced, 2 * atoms);
      const members = new Int32Array(2 * atoms);
      members.set(this.members);
      this.members = members;
    }
  }

  /** Takes out the member at a place; the factor is made triangular again by rotations of neighbouring columns. */
  removeAt(place: number): void {
    const { factor, reduced, members, size } = this;
    for (let m = place; m < size - 1; m++) {
      const pivotRow = ((m + 1) * (m + 2)) / 2;
      const x = factor[pivotRow + m]!;
      const y = factor[pivotRow + m + 1]!;
      const length = Math.sqrt(x * x + y * y);
      const c = x / length;
      const s = y / length;
      for (let i = m + 1, at = pivotRow + m; i < size; i++) {
        const left = factor[at]!;
        const right = factor[at + 1]!;
        factor[at] = c * left + s * right;
        factor[at + 1] = c * right - s * left;
        at += i + 1;
      }
      const left = reduced[m]!;
      const right = reduced[m + 1]!;
      reduced[m] = c * left + s * right;
      reduced[m + 1] = c * right - s * left;
    }
    for (let i = place + 1; i < size; i++) {
      const from = (i * (i + 1)) / 2;
      factor.copyWithin((i * (i - 1)) / 2, from, from + i);
      members[i - 1] = members[i]!;
    }
    this.size = size - 1;
  }

  /** Writes the solution of H·s = b on the members into the first `size` places of `out`. */
  solve(out: Float64Array): void {
    for (let i = 0; i < this.size; i++) out[i] = this.reduced[i]!;
    this.backward(out);
  }

  /** Adds the solution of H·s = `rest` on the members (in their order; written over) to the first `size` places of `out`. */
  correct(out: Float64Array, rest: Float64Array): void {
    const { factor, size } = this;
    for (let i = 0, at = 0; i < size; i++) {
      let x = rest[i]!;
      for (let l = 0; l < i; l++) x -= factor[at++]! * rest[l]!;
      rest[i] = x / factor[at++]!;
    }
    this.backward(rest);
    for (let i = 0; i < size; i++) out[i] = out[i]! + rest[i]!;
  }

  /** Solves Lᵀ·x = x in place. */
  private backward(out: Float64Array): void {
    const { factor } = this;
    for (let i = this.size - 1; i >= 0; i--) {
      const row = (i * (i + 1)) / 2;
      const x = out[i]! / factor[row + i]!;
      out[i] = x;
      for (let l = 0; l < i; l++) out[l] = out[l]! - factor[row + l]! * x;
    }
  }
}

function longer(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(length);
  out.set(values);
  return out;
}

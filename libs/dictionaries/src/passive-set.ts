/**
 * The atoms that may be used at the moment, with the Cholesky factor of their part of H: atoms come and go one by one.
 * The factor is packed by rows, so it takes room for the atoms in use only.
 */
export class PassiveSet {
  /** Atoms in the order they came; the first `size` count. */
  readonly members: Int32Array;
  size = 0;
  private factor = new Float64Array(64);
  private readonly reduced: Float64Array; // L⁻¹·b of the members

  /** `h` is a symmetric positive definite k × k matrix, `b` (length k) the right-hand side: what it holds at an `add` counts. */
  constructor(
    private readonly h: Float64Array,
    private readonly b: Float64Array,
    private readonly k: number,
  ) {
    this.members = new Int32Array(k);
    this.reduced = new Float64Array(k);
  }

  /** Appends an atom, p²/2 multiply-adds; false, and nothing changes, where it depends on the members as far as rounding lets see. */
  add(atom: number): boolean {
    const p = this.size;
    const row = (p * (p + 1)) / 2;
    if (row + p + 1 > this.factor.length) {
      const larger = new Float64Array(2 * (row + p + 1));
      larger.set(this.factor);
      this.factor = larger;
    }
    const { factor, reduced, members, h } = this;
    const diagonal = h[atom * this.k + atom]!;
    let rest = diagonal;
    let value = this.b[atom]!;
    for (let i = 0, at = 0; i < p; i++) {
      let x = h[atom * this.k + members[i]!]!;
      for (let l = 0; l < i; l++) x -= factor[at + l]! * factor[row + l]!;
      at += i;
      x /= factor[at++]!;
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
      for (let i = m + 1; i < size; i++) {
        const at = (i * (i + 1)) / 2 + m;
        const left = factor[at]!;
        const right = factor[at + 1]!;
        factor[at] = c * left + s * right;
        factor[at + 1] = c * right - s * left;
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
    const { factor, size } = this;
    for (let i = 0; i < size; i++) out[i] = this.reduced[i]!;
    for (let i = size - 1; i >= 0; i--) {
      const row = (i * (i + 1)) / 2;
      const x = out[i]! / factor[row + i]!;
      out[i] = x;
      for (let l = 0; l < i; l++) out[l] = out[l]! - factor[row + l]! * x;
    }
  }
}

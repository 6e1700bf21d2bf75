/**
 * The two products over rows that fitting and encoding are made of. Both give the same bits however the rows are cut into
 * blocks: every entry is summed in one fixed order, and a group of four rows is added one row after the other.
 */

/** out += leftᵀ·right. `left` is rows × p, `right` rows × q, `out` p × q, all row-major; `leftStart` is left's first element. */
export function addProductOverRows(
  out: Float64Array,
  left: Float64Array,
  leftStart: number,
  p: number,
  right: Float64Array,
  q: number,
  rows: number,
): void {
  let i = 0;
  for (; i + 3 < rows; i += 4) {
    const l = leftStart + i * p;
    const a = i * q;
    const b = a + q;
    const c = b + q;
    const e = c + q;
    for (let j = 0; j < p; j++) {
      const x0 = left[l + j]!;
      const x1 = left[l + p + j]!;
      const x2 = left[l + 2 * p + j]!;
      const x3 = left[l + 3 * p + j]!;
      if (x0 === 0 && x1 === 0 && x2 === 0 && x3 === 0) continue;
      const o = j * q;
      for (let m = 0; m < q; m++) out[o + m] = out[o + m]! + x0 * right[a + m]! + x1 * right[b + m]! + x2 * right[c + m]! + x3 * right[e + m]!;
    }
  }
  for (; i < rows; i++) {
    for (let j = 0; j < p; j++) {
      const x = left[leftStart + i * p + j]!;
      if (x === 0) continue;
      const o = j * q;
      for (let m = 0; m < q; m++) out[o + m] = out[o + m]! + x * right[i * q + m]!;
    }
  }
}

/** out = rows·vectorsᵀ: inner products of each of `n` rows (length d) with each of `k` vectors; out is n × k from `outStart` on. */
export function innerProducts(out: Float64Array, outStart: number, rows: Float64Array, n: number, vectors: Float64Array, k: number, d: number): void {
  for (let i = 0; i < n; i++) {
    const a = i * d;
    const o = outStart + i * k;
    let j = 0;
    for (; j + 3 < k; j += 4) {
      const v0 = j * d;
      const v1 = v0 + d;
      const v2 = v1 + d;
      const v3 = v2 + d;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let c = 0; c < d; c++) {
        const x = rows[a + c]!;
        s0 += x * vectors[v0 + c]!;
        s1 += x * vectors[v1 + c]!;
        s2 += x * vectors[v2 + c]!;
        s3 += x * vectors[v3 + c]!;
      }
      out[o + j] = s0;
      out[o + j + 1] = s1;
      out[o + j + 2] = s2;
      out[o + j + 3] = s3;
    }
    for (; j < k; j++) {
      let s = 0;
      for (let c = 0; c < d; c++) s += rows[a + c]! * vectors[j * d + c]!;
      out[o + j] = s;
    }
  }
}

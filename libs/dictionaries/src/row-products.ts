/**
 * out = rows·vectorsᵀ: inner products of each of `n` rows (length d) with each of `k` vectors; out is n × k from `outStart` on.
 * Every product is summed in the order of the columns.
 */
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

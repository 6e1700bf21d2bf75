/** Eigenvalues in falling order (equal ones in index order) and their unit eigenvectors, one a row. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  /** n × n; row i belongs to values[i]. Its sign: the entry of largest magnitude (the first of equals) is positive. */
  readonly vectors: Float64Array;
}

const MOST_SWEEPS = 60;

/**
 * Eigen-decomposition of a symmetric n × n matrix (row-major, not changed) by cyclic Jacobi rotations, with + − × ÷ √ alone.
 * About 10 sweeps of 3·n³ multiply-adds: meant for n up to a few hundred.
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const a = Float64Array.from(matrix);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0, rotated = true; rotated && sweep < MOST_SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) if (rotate(a, v, n, p, q)) rotated = true;
  }
  return sorted(a, v, n);
}

/** Makes a[p, q] zero; false where it is already nothing beside its diagonal entries. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): boolean {
  const off = a[p * n + q]!;
  const app = a[p * n + p]!;
  const aqq = a[q * n + q]!;
  if (Math.abs(off) <= 1e-17 * (Math.abs(app) + Math.abs(aqq))) return false;
  const theta = (aqq - app) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let i = 0; i < n; i++) {
    const x = a[p * n + i]!;
    const y = a[q * n + i]!;
    const px = c * x - s * y;
    const qy = s * x + c * y;
    a[p * n + i] = px;
    a[q * n + i] = qy;
    a[i * n + p] = px;
    a[i * n + q] = qy;
    const vx = v[p * n + i]!;
    const vy = v[q * n + i]!;
    v[p * n + i] = c * vx - s * vy;
    v[q * n + i] = s * vx + c * vy;
  }
  a[p * n + p] = app - t * off;
  a[q * n + q] = aqq + t * off;
  a[p * n + q] = 0;
  a[q * n + p] = 0;
  return true;
}

function sorted(a: Float64Array, v: Float64Array, n: number): SymmetricEigen {
  const order = Array.from({ length: n }, (_, i) => i).sort((x, y) => a[y * n + y]! - a[x * n + x]! || x - y);
  const values = Float64Array.from(order, (i) => a[i * n + i]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(v.subarray(from * n, (from + 1) * n), to * n));
  for (let i = 0; i < n; i++) fixSign(vectors, i * n, n);
  return { values, vectors };
}

/** Flips vector[start .. start + n − 1] where its entry of largest magnitude (the first of equals) is negative. */
export function fixSign(vector: Float64Array, start: number, n: number): void {
  let largest = 0;
  for (let i = 0; i < n; i++) if (Math.abs(vector[start + i]!) > Math.abs(largest)) largest = vector[start + i]!;
  if (largest < 0) for (let i = 0; i < n; i++) vector[start + i] = -vector[start + i]!;
}

/** A rows × columns matrix, row by row. */
type Matrix = number[][];

const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, at) => sum + value * y[at]!, 0);
const turned = (m: Matrix): Matrix => m[0]!.map((_, c) => m.map((row) => row[c]!));
const beyond = (to: Matrix, from: Matrix, share: number): Matrix =>
  to.map((row, i) => row.map((x, c) => Math.max(0, x + share * (x - from[i]![c]!))));

/** One update of `factors` (n × r) in index order, towards rows ≈ factors·others (r × d). */
function update(rows: Matrix, factors: Matrix, others: Matrix): Matrix {
  const squares = others.map((other) => dot(other, other));
  return factors.map((own, i) => {
    const now = [...own];
    others.forEach((other, j) => {
      if (squares[j] === 0) return;
      const rest = rows[i]!.map((x, c) => x - now.reduce((sum, y, l) => sum + y * others[l]![c]!, 0));
      now[j] = Math.max(0, now[j]! + dot(rest, other) / squares[j]!);
    });
    return now;
  });
}

/** Rows as a sweep reads them. */
interface Rows {
  readonly whole: Matrix;
  /** Their high bytes. */
  readonly high: Matrix;
}

/** The loss after each sweep over whole rows of the procedure of docs/measures.md §1a, in float64 from residuals, with no thought of speed. */
export function extrapolatedHals({ whole, high }: Rows, start: { codes: Matrix; atoms: Matrix }, sweeps: number): number[] {
  const squares = (m: Matrix) => m.reduce((sum, row) => sum + dot(row, row), 0);
  const low = squares(whole.map((row, i) => row.map((x, c) => x - high[i]![c]!)));
  let { codes, atoms } = start;
  let ahead = atoms;
  let [pace, isPlain, kept, rows] = [0.5, true, Infinity, squares(high) > 32 * low ? high : whole];
  const losses: number[] = [];
  for (let sweep = 1; sweep <= sweeps; sweep++) {
    const readsWhole = (): void => {
      [isPlain, kept, ahead, rows] = [true, Infinity, atoms, whole];
    };
    if (sweep === sweeps && rows === high) readsWhole();
    let nextCodes = codes;
    for (let time = 0; time < 2; time++) nextCodes = update(rows, nextCodes, ahead);
    nextCodes = beyond(nextCodes, codes, isPlain ? 0 : pace);
    let columns = turned(ahead);
    for (let time = 0; time < 3; time++) columns = update(turned(rows), columns, turned(nextCodes));
    const next = turned(columns);
    const loss = squares(rows.map((row, i) => row.map((x, c) => x - dot(nextCodes[i]!, columns[c]!))));
    const fall = kept === Infinity ? 1 : (kept - loss) / kept;
    const wasPlain = isPlain;
    isPlain = fall < 0;
    if (!isPlain) {
      ahead = beyond(next, atoms, pace);
      [codes, atoms, kept] = [nextCodes, next, loss];
      pace = Math.min(1, pace * 1.1);
    } else {
      ahead = atoms;
      pace /= 1.5;
    }
    if (rows === whole) losses.push(kept);
    else if (kept <= 32 * low || (fall < 1e-3 && (wasPlain || fall >= 0))) readsWhole();
  }
  return losses;
}

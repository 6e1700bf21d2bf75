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

/** The loss after each sweep of the procedure of docs/measures.md §1a, in float64 from residuals, with no thought of speed. */
export function extrapolatedHals(rows: Matrix, start: { codes: Matrix; atoms: Matrix }, sweeps: number): number[] {
  let { codes, atoms } = start;
  let ahead = atoms;
  let [pace, isPlain, kept] = [0.5, true, Infinity];
  return Array.from({ length: sweeps }, () => {
    const nextCodes = beyond(update(rows, codes, ahead), codes, isPlain ? 0 : pace);
    let columns = turned(ahead);
    for (let time = 0; time < 3; time++) columns = update(turned(rows), columns, turned(nextCodes));
    const next = turned(columns);
    const loss = rows.reduce((sum, row, i) => sum + row.reduce((all, x, c) => all + (x - dot(nextCodes[i]!, columns[c]!)) ** 2, 0), 0);
    isPlain = loss > kept;
    if (!isPlain) {
      ahead = beyond(next, atoms, pace);
      [codes, atoms, kept] = [nextCodes, next, loss];
      pace = Math.min(1, pace * 1.1);
    } else {
      ahead = atoms;
      pace /= 1.5;
    }
    return kept;
  });
}

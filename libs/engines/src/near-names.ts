/** The names most like the one given, best first: for errors about a name that does not exist. */
export function nearNames(name: string, known: readonly string[], most: number): string[] {
  const scored = known.map((candidate, index) => ({ candidate, index, score: editDistance(name, candidate) }));
  return scored
    .sort((a, b) => a.score - b.score || a.index - b.index)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** Fewest insertions, deletions and changes of a character that turn one text into the other, ignoring case. */
function editDistance(a: string, b: string): number {
  const [from, to] = [a.toLowerCase(), b.toLowerCase()];
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const change = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}

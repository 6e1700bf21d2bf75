/** Heights at which names stand beside the ends of lines in [0, 1], moved apart where they would cover each other. */
export function apart<T extends { r2: number }>(ends: readonly T[], step: number): (T & { shown: number })[] {
  let below = -Infinity;
  const placed = [...ends].sort((a, b) => a.r2 - b.r2).map((end) => ({ ...end, shown: (below = Math.max(end.r2, below + step)) }));
  const over = Math.max(0, (placed.at(-1)?.shown ?? 0) - 1);
  return placed.map((end) => ({ ...end, shown: end.shown - over }));
}

/**
 * The value below which a share of all values lies, with straight lines between them: the place share·(count − 1).
 * @param sorted ascending, at least one
 * @param share in [0, 1]
 */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - below);
}

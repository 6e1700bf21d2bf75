/**
 * Where each feature is half readable (docs/measures.md §4): with R² = 0 before the first layer and straight lines between
 * layers, the first depth at which R² reaches half of its maximum; in (0, L], and L where R² is 0 everywhere.
 * @param r2 of each layer in forward order, k values each; at least one layer
 */
export function depthHalf(r2: readonly Float64Array[]): Float64Array {
  return r2[0]!.map((_, j) => {
    const half = Math.max(...r2.map((layer) => layer[j]!)) / 2;
    if (half <= 0) return r2.length;
    const layer = r2.findIndex((values) => values[j]! >= half);
    const low = layer === 0 ? 0 : r2[layer - 1]![j]!;
    return layer + (half - low) / (r2[layer]![j]! - low);
  });
}

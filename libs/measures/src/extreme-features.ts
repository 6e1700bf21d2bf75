import { requirePerFeature } from './per-feature.js';

/** The ends of the order of complexity. */
export interface ExtremeFeatures {
  /** Features of lowest K_std, the simplest first. */
  readonly simplest: Uint32Array;
  /** Features of highest K_std, the most complex first. */
  readonly mostComplex: Uint32Array;
}

/**
 * The features whose way through the blocks is followed (docs/measures.md §4, flow): 10 % of the live ones at each end,
 * 100 at most and 5 at least (or all, where fewer are live; then both ends hold the same). Ties go to the lower index.
 * @param kStd k values
 * @param live 1 where a feature is live; dead ones are left out
 * @throws InputError when the lengths differ
 */
export function extremeFeatures(kStd: Float64Array, live: Uint8Array): ExtremeFeatures {
  requirePerFeature('live', live, kStd.length);
  const alive = Uint32Array.from(kStd.keys()).filter((feature) => live[feature] === 1);
  const count = Math.max(5, Math.min(100, Math.round(alive.length / 10)));
  return {
    simplest: alive
      .slice()
      .sort((a, b) => kStd[a]! - kStd[b]! || a - b)
      .slice(0, count),
    mostComplex: alive
      .slice()
      .sort((a, b) => kStd[b]! - kStd[a]! || a - b)
      .slice(0, count),
  };
}

import type { ReportFeature } from './report-data.js';

/** Features whose codes vary, from simple to complex; ties go to the lower index. */
export function simpleToComplex(features: readonly ReportFeature[]): ReportFeature[] {
  return features.filter((feature) => !feature.dead).sort((a, b) => a.kStd - b.kStd || a.index - b.index);
}

/** The features shown chosen at first: the ends of the order and two steps between. */
export function firstChoice(features: readonly ReportFeature[]): number[] {
  const ordered = simpleToComplex(features);
  const last = ordered.length - 1;
  const positions = new Set([0, Math.round(last / 3), Math.round((2 * last) / 3), last]);
  return [...positions].flatMap((position) => ordered[position]?.index ?? []);
}

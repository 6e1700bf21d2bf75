import { FEATURE_COLUMNS } from './feature-columns.js';
import type { ReportFeature } from './report-data.js';

/** Which features are asked for, and in which order. */
export interface FeatureQuery {
  /** Words that must all occur in the number or label, without regard to case. @default '' */
  readonly text?: string;
  /** Key of the column that `least` and `most` bound. @default 'k_std' */
  readonly bounded?: string;
  /** Smallest value let through, inclusive. @default none */
  readonly least?: number;
  /** Largest value let through, inclusive. @default none */
  readonly most?: number;
  /** Key of the column to sort by, or 'feature' for the index. @default 'k_std' */
  readonly sortBy?: string;
  /** @default false */
  readonly descending?: boolean;
}

/** The features that match, sorted; absent values come last either way, ties go to the lower index. */
export function queryFeatures(features: readonly ReportFeature[], query: FeatureQuery): ReportFeature[] {
  const words = (query.text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const bounded = reader(query.bounded ?? 'k_std');
  const sortBy = reader(query.sortBy ?? 'k_std');
  const sign = query.descending ? -1 : 1;
  const matches = (feature: ReportFeature): boolean => {
    const name = `#${feature.index} ${feature.label} ${feature.group ?? ''}`.toLowerCase();
    if (!words.every((word) => name.includes(word))) return false;
    if (query.least === undefined && query.most === undefined) return true;
    const value = bounded(feature);
    return value !== null && value >= (query.least ?? -Infinity) && value <= (query.most ?? Infinity);
  };
  return features.filter(matches).sort((a, b) => {
    const [x, y] = [sortBy(a), sortBy(b)];
    if (x === null || y === null) return x === y ? a.index - b.index : x === null ? 1 : -1;
    return sign * (x - y) || a.index - b.index;
  });
}

function reader(key: string): (feature: ReportFeature) => number | null {
  return FEATURE_COLUMNS.find((column) => column.key === key)?.value ?? ((feature) => feature.index);
}

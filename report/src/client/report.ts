import { simpleToComplex } from '../data/feature-order.js';
import type { ReportData, ReportFeature } from '../data/report-data.js';

/** The data that the page carries. */
export const report = JSON.parse(document.getElementById('report-data')?.textContent ?? '') as ReportData;

/** Live features from simple to complex. */
export const ordered: readonly ReportFeature[] = simpleToComplex(report.features);

export function featureName(feature: ReportFeature): string {
  return `#${feature.index} ${feature.label}`;
}

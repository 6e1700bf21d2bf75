import { FEATURE_COLUMNS } from './feature-columns.js';
import type { ReportData, ReportFeature } from './report-data.js';

/** Comma-separated values with a heading line, CRLF between lines (RFC 4180); numbers in full, absent ones empty. */
export function featuresCsv(data: ReportData, features: readonly ReportFeature[]): string {
  const heading = ['feature', 'label', 'group', 'dead', ...FEATURE_COLUMNS.map((c) => c.key), ...data.layers.map((layer) => `r2_${layer}`)];
  const lines = features.map((feature) => [
    feature.index,
    feature.label,
    feature.group,
    feature.dead ? 1 : 0,
    ...FEATURE_COLUMNS.map((column) => column.value(feature)),
    ...feature.r2,
  ]);
  return [heading, ...lines].map((cells) => cells.map(csvCell).join(',') + '\r\n').join('');
}

/** The same features as JSON, with what is needed to know where they came from. */
export function featuresJson(data: ReportData, features: readonly ReportFeature[]): string {
  const { model, study, layers } = data;
  return `${JSON.stringify({ title: data.title, model: model.digest, study: study.digest, codeVersion: study.codeVersion, layers, features }, null, 1)}\n`;
}

function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // A spreadsheet would run a label that begins like a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

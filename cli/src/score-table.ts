import type { ReportData, ReportFeature } from '@fathom/report';

const COLUMNS = [
  'index',
  'label',
  'dead',
  'kStd',
  'kStdSe',
  'kRaw',
  'kPublished',
  'depthHalf',
  'lambda',
  'lambdaRaw',
  'importance',
  'importanceSigned',
  'prevalence',
  'variance',
  'redundancy',
  'sensitivity',
  'hoyer',
] as const satisfies readonly (keyof ReportFeature)[];

/** All scores of a study as JSON: what the report shows, without its pictures. */
export function scoresJson({ thumbnails: _thumbnails, ...data }: ReportData): string {
  return `${JSON.stringify(data, null, 1)}\n`;
}

/** The scores of every feature as CSV (RFC 4180), one row a feature. */
export function scoresCsv({ features, layers }: ReportData): string {
  const header = [...COLUMNS, ...layers.map((layer) => `r2 ${layer}`)];
  const rows = features.map((feature) => [...COLUMNS.map((column) => feature[column]), ...feature.r2]);
  return [header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

function cell(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

import { InputError } from '@fathom/errors';
import type { ReportData } from './data/report-data.js';

/** Refuses data that could not be drawn: numbers that are not finite, lists of the wrong length, pictures that are not there. Throws an InputError that names the place. */
export function checkReportData(data: ReportData): void {
  checkFinite(data, 'report');
  const layers = data.layers.length;
  const tiles = data.thumbnails.sheets.reduce((sum, sheet) => sum + sheet.tiles, 0);
  if (layers === 0) wrong('report.layers', 'is empty', 0, 'at least one layer');
  if (data.features.length === 0) wrong('report.features', 'is empty', 0, 'at least one feature');
  for (const name of ['nullMean', 'null95', 'alpha'] as const) checkLength(`report.${name}`, data[name], layers);
  data.features.forEach((feature, j) => {
    const at = `report.features[${j}]`;
    if (feature.index !== j) wrong(`${at}.index`, 'is not the place of the feature in the list', feature.index, String(j));
    checkLength(`${at}.r2`, feature.r2, layers);
    if (feature.r2Training !== null) checkLength(`${at}.r2Training`, feature.r2Training, data.checkpoints.length);
    for (const { tile } of feature.topImages) {
      if (!Number.isInteger(tile) || tile < 0 || tile >= tiles)
        wrong(`${at}.topImages`, 'points to a picture that is not there', tile, `a whole number below ${tiles}`);
    }
  });
  for (const { uri } of data.thumbnails.sheets) {
    if (!uri.startsWith('data:image/png;base64,')) wrong('report.thumbnails', 'is not an embedded PNG', uri.slice(0, 40), 'data:image/png;base64,…');
  }
  for (const curve of data.ablation?.curves ?? []) {
    checkLength(`report.ablation ${curve.order} kept`, curve.kept, data.ablation?.shares.length ?? 0);
    checkLength(`report.ablation ${curve.order} dropped`, curve.dropped, data.ablation?.shares.length ?? 0);
  }
}

function checkFinite(value: unknown, path: string): void {
  if (value === undefined || (typeof value === 'number' && !Number.isFinite(value)))
    wrong(path, 'is not a finite number', String(value), 'a finite number, or null where it was not computed');
  if (Array.isArray(value)) value.forEach((item, i) => checkFinite(item, `${path}[${i}]`));
  else if (typeof value === 'object' && value !== null) for (const [key, item] of Object.entries(value)) checkFinite(item, `${path}.${key}`);
}

function checkLength(field: string, list: readonly unknown[], length: number): void {
  if (list.length !== length) wrong(field, 'has the wrong length', list.length, String(length));
}

function wrong(field: string, problem: string, value: unknown, accepted: string): never {
  throw new InputError({ field, problem, value, accepted });
}

import type { ReportRelation } from './report-data.js';

export const MEASURE_NAMES: Readonly<Record<ReportRelation['measure'], string>> = { k_std: 'K', k_raw: 'K raw' };

export const OTHER_NAMES: Readonly<Record<ReportRelation['other'], string>> = {
  importance: 'importance',
  importance_abs_signed: '|signed importance|',
  redundancy: 'redundancy',
  sensitivity: 'sensitivity',
  hoyer: 'Hoyer',
  lambda: 'Λ',
  lambda_unshared: 'Λ, no shared term',
};

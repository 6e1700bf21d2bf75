import { fixed, percent, significant } from './numbers.js';
import type { ReportFeature } from './report-data.js';

/** One number per feature: its name in files, its heading, what it means, how it is read and shown. */
export interface FeatureColumn {
  /** Name in CSV files; the same as in scores.json where it is there. */
  readonly key: string;
  readonly heading: string;
  readonly meaning: string;
  readonly value: (feature: ReportFeature) => number | null;
  readonly show: (value: number | null) => string;
}

export const FEATURE_COLUMNS: readonly FeatureColumn[] = [
  column('k_std', 'K', 'Complexity: 1 − mean R² over the layers, 0 to 1', (f) => f.kStd, fixed),
  column('k_std_se', '± SE', 'Standard error of K over folds', (f) => f.kStdSe, fixed),
  column('k_raw', 'K raw', 'Complexity with the variance of the code as a factor', (f) => f.kRaw, fixed),
  column('k_published', 'K published', 'K raw with R² on the rows it was fitted to', (f) => f.kPublished, fixed),
  column(
    'depth_half',
    'Half depth',
    'Layers until R² reaches half of its maximum',
    (f) => f.depthHalf,
    (v) => fixed(v, 1),
  ),
  column('lambda', 'Λ', 'Lateness: 1 − mean R² over the checkpoints, 0 to 1', (f) => f.lambda, fixed),
  column('lambda_raw', 'Λ raw', 'Lateness with the variance as a factor', (f) => f.lambdaRaw, fixed),
  column('importance', 'Importance', 'Mean size of the contribution to the predicted class, in logits', (f) => f.importance, significant),
  column('importance_signed', 'Signed', 'Mean contribution with its sign, in logits', (f) => f.importanceSigned, significant),
  column('prevalence', 'Prevalence', 'Share of images on which the feature is present', (f) => f.prevalence, percent),
  column('variance', 'Variance', 'Variance of the code over the images', (f) => f.variance, significant),
  column('redundancy', 'Redundancy', 'Share of the similarity kept when channels are removed', (f) => f.redundancy, fixed),
  column('sensitivity', 'Sensitivity', 'Variance under noise over variance between images', (f) => f.sensitivity, significant),
  column('hoyer', 'Hoyer', 'Sparsity of the atom: 1 is a single channel', (f) => f.hoyer, fixed),
];

function column(
  key: string,
  heading: string,
  meaning: string,
  value: (feature: ReportFeature) => number | null,
  show: (value: number | null) => string,
): FeatureColumn {
  return { key, heading, meaning, value, show: (v) => show(v) };
}

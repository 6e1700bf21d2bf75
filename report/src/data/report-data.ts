/**
 * Everything a report shows, as one plain JSON object: no NaN, no infinity, no undefined in place of a value.
 * Section numbers are those of docs/measures.md. What a study did not compute is `null` (or an empty list), and the report says so.
 */
export interface ReportData {
  /** Heading of the page, for example "What a small residual network sees in clothes". */
  readonly title: string;
  readonly model: ReportModel;
  readonly data: ReportImages;
  readonly study: ReportStudy;
  /** Names of the L taps in forward order; the last is the penultimate layer. L ≥ 1. */
  readonly layers: readonly string[];
  /** All k features by index, dead ones too: `features[j].index === j`. k ≥ 1. */
  readonly features: readonly ReportFeature[];
  /** Mean unclipped R² of the shuffled codes, one per layer; about 0, may be negative (§3.4). */
  readonly nullMean: readonly number[];
  /** 95th percentile of the same, one per layer (§3.4). */
  readonly null95: readonly number[];
  /** Ridge penalty chosen, one per layer, > 0 (§3.2). */
  readonly alpha: readonly number[];
  /** Checkpoints in order of training, the last one being the network studied; empty where there was only one network. */
  readonly checkpoints: readonly ReportCheckpoint[];
  /** Two entries per residual block (one per group), blocks in forward order; empty where there is no flow. */
  readonly flow: readonly ReportFlow[];
  /** Rank correlations of §8, in the order in which they are listed. */
  readonly relations: readonly ReportRelation[];
  readonly ablation: ReportAblation | null;
  readonly faithfulness: ReportFaithfulness | null;
  readonly thumbnails: ReportThumbnails;
}

export interface ReportModel {
  readonly name: string;
  /** Content digest of the registered network, `sha256:<hex>`. */
  readonly digest: string;
  /** Number of weights, or null where unknown. */
  readonly parameters: number | null;
  /** Accuracy on the images used, in [0, 1], or null without labels. */
  readonly accuracy: number | null;
}

export interface ReportImages {
  readonly name: string;
  /** The sets of images used, each with what it served for. */
  readonly sets: readonly ReportImageSet[];
  /** Class names by label; empty without labels. */
  readonly classes: readonly string[];
}

export interface ReportImageSet {
  /** What the set served for, for example "scores" or "dictionary". */
  readonly role: string;
  /** Number of images used. */
  readonly images: number;
  /** Content digest of the set, `sha256:<hex>`. */
  readonly digest: string;
}

export interface ReportStudy {
  readonly digest: string;
  /** Further artifacts worth naming: what it is, and its content digest. */
  readonly artifacts: readonly { readonly name: string; readonly digest: string }[];
  /** Engine of the forward passes with its version, for example "onnxruntime 1.30.0 (cpu)". */
  readonly engine: string;
  readonly codeVersion: string;
  /** How the features were found, for example "class-wise NMF, 10 atoms per class". */
  readonly dictionary: string;
  /** Commands that recompute the study and compare, one a line. */
  readonly verify: readonly string[];
  /** What was made smaller than the full study, one sentence each; empty when nothing was. */
  readonly reduced: readonly string[];
}

export interface ReportFeature {
  readonly index: number;
  /** Short name, for example "Sneaker · 4". */
  readonly label: string;
  /** Class whose images gave the atom, or null for a dictionary without classes. */
  readonly group: string | null;
  /** The codes do not vary over the images: no R², left out of relations, orders and means (§1b). */
  readonly dead: boolean;
  /** K_std = 1 − mean R² over the layers, in [0, 1]; higher is more complex (§4). */
  readonly kStd: number;
  /** Standard error of K_std over folds, ≥ 0. */
  readonly kStdSe: number;
  /** K_raw = 1 − mean variance·R²; at most 1, may be negative. */
  readonly kRaw: number;
  /** K_raw with R² taken on the rows it was fitted to, or null where n ≤ d + 1. */
  readonly kPublished: number | null;
  /** Depth in layers, in [0, L], at which R² reaches half of its maximum. */
  readonly depthHalf: number;
  /** Held-out R² per layer, L numbers in [0, 1] (§3.2). */
  readonly r2: readonly number[];
  /** R² from the penultimate layer of each checkpoint, as many as `checkpoints`, in [0, 1]; null without training. */
  readonly r2Training: readonly number[] | null;
  /** Λ = 1 − mean R² over the checkpoints, in [0, 1]; null without training (§4). */
  readonly lambda: number | null;
  /** The same with the variance as a factor; at most 1, may be negative. */
  readonly lambdaRaw: number | null;
  /** K_std over the layers before the last: without the term that K shares with Λ. In [0, 1], or null. */
  readonly kStdUnshared: number | null;
  /** Λ over the checkpoints before the last. In [0, 1], or null. */
  readonly lambdaUnshared: number | null;
  /** Mean |contribution| to the predicted class' logit, in logits, ≥ 0 (§6); null without a head. */
  readonly importance: number | null;
  /** Mean contribution with its sign, in logits. */
  readonly importanceSigned: number | null;
  /** Share of images on which the code is > 0, in [0, 1]. */
  readonly prevalence: number;
  /** Population variance of the codes, ≥ 0. */
  readonly variance: number;
  /** Mean share of CKA kept when channels are removed (§5); about [0, 1]; null where not computed. */
  readonly redundancy: number | null;
  /** Variance of the code under noise over its variance between images, ≥ 0 (§7); null where not computed. */
  readonly sensitivity: number | null;
  /** Hoyer sparsity of the atom, in [0, 1]: 1 = one channel (§7). */
  readonly hoyer: number;
  /** Images with the largest codes, the largest first; a handful (eight or nine). */
  readonly topImages: readonly ReportTopImage[];
}

export interface ReportTopImage {
  /** Row of the image in its set. */
  readonly image: number;
  /** The feature's code on it, ≥ 0. */
  readonly code: number;
  /** Label of the image, an index into `data.classes`, or null. */
  readonly label: number | null;
  /** Number of its tile among all tiles of `thumbnails`. */
  readonly tile: number;
}

/** Small pictures, packed row by row into sheets; tile t lies in the first sheet for which the tiles so far exceed t. */
export interface ReportThumbnails {
  /** Pixels of one tile, ≥ 1. */
  readonly width: number;
  readonly height: number;
  readonly sheets: readonly ReportSheet[];
}

export interface ReportSheet {
  /** `data:image/png;base64,…` */
  readonly uri: string;
  /** Tiles in one row of the sheet, ≥ 1. */
  readonly columns: number;
  /** Tiles on the sheet, ≥ 1. */
  readonly tiles: number;
}

export interface ReportCheckpoint {
  readonly name: string;
  /** Epochs trained; 0 is the untrained network. */
  readonly epoch: number;
  /** Accuracy on the images used, in [0, 1], or null without labels. */
  readonly accuracy: number | null;
  /** Mean K_std of the live features of this checkpoint's own dictionary, in [0, 1]. */
  readonly meanK: number;
  /** Mean K_std of its most important features, in [0, 1]. */
  readonly meanKTop: number;
  /** How many those are: max(1 %, 10). */
  readonly topCount: number;
  /** Rank correlation of importance with K_std and with K_raw at this checkpoint, or null. */
  readonly importanceRhoStd: number | null;
  readonly importanceRhoRaw: number | null;
}

export interface ReportFlow {
  /** Name of the residual block. */
  readonly block: string;
  readonly group: 'simplest' | 'mostComplex';
  /** Features in the group. */
  readonly features: number;
  /** Means over the group, in [0, 1]: what the two inputs of the block's addition tell of the features (§4). */
  readonly r2Shortcut: number;
  readonly r2Main: number;
  readonly ckaShortcut: number;
  readonly ckaMain: number;
}

export interface RankCorrelation {
  /** Spearman's ρ in [−1, 1]. */
  readonly rho: number;
  /** Ends of the 95 % bootstrap interval; null where a column is constant, so that there is none. */
  readonly low: number | null;
  readonly high: number | null;
  /** Two-sided permutation p in (0, 1]. */
  readonly p: number;
}

export interface ReportRelation extends RankCorrelation {
  readonly measure: 'k_std' | 'k_raw';
  /** `lambda_unshared`: both sides without the term that K and Λ share. */
  readonly other: 'importance' | 'importance_abs_signed' | 'redundancy' | 'sensitivity' | 'hoyer' | 'lambda' | 'lambda_unshared';
  /** Partial rank correlation given prevalence, variance and Hoyer, in [−1, 1], or null. */
  readonly partial: number | null;
  /** The same relation in untrained networks, one per seed; empty where there is no such control. */
  readonly control: readonly (RankCorrelation & { readonly network: string })[];
  /** Sign that the paper reports (§9), or null where it reports none. */
  readonly paperSign: '+' | '-' | '0' | null;
}

export type AblationOrder = 'most_complex_first' | 'simplest_first' | 'most_important_first' | 'random';

export interface ReportAblation {
  /** What the curves measure: accuracy against the labels, or agreement with the network's own predictions. */
  readonly measure: 'accuracy' | 'agreement';
  /** The same measure on the untouched network, in [0, 1]. */
  readonly base: number;
  /** Shares of features removed, ascending in [0, 1]; usually 0, 0.1, … 1. */
  readonly shares: readonly number[];
  /** One curve per order, values in [0, 1], as many as `shares`: with the unexplained part kept, and dropped. */
  readonly curves: readonly { readonly order: AblationOrder; readonly kept: readonly number[]; readonly dropped: readonly number[] }[];
}

export interface ReportFaithfulness {
  /** Share of images on which the features alone give the network's prediction, in [0, 1] (§6). */
  readonly predictionAgreement: number;
  /** Share of the penultimate layer's variance that the features explain; at most 1. */
  readonly reconstructionR2: number;
  /** Features whose codes do not vary. */
  readonly deadAtoms: number;
  /** Share of codes that are 0, in [0, 1]. */
  readonly sparsity: number;
}

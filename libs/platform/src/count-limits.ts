/** How much a request may ask for. */
export interface CountLimits {
  /** Atoms of a dictionary that is not fitted class by class. @default 65,536 */
  readonly atoms: number;
  /** Atoms of a class. @default 1,000 */
  readonly atomsPerClass: number;
  /** Folds of a probe. @default 100 */
  readonly folds: number;
  /** Noisy draws of an image. @default 10,000 */
  readonly noiseDraws: number;
  /** Masks of a share of channels. @default 10,000 */
  readonly masksPerShare: number;
  /** Random orders of an ablation. @default 1,000 */
  readonly randomOrders: number;
  /** Draws of a bootstrap, or a permutation test. @default 1,000,000 */
  readonly relationDraws: number;
  /** Ridges, strengths of noise or shares of masks in one list. @default 1,000 */
  readonly strengths: number;
  /** Layers or taps in one list. @default 10,000 */
  readonly layers: number;
  /** Checkpoints, or controls, of a study or of a measure over training. @default 1,000 */
  readonly checkpoints: number;
  /** Entries of a page. @default 1,000 */
  readonly pageEntries: number;
  /** Milliseconds that WaitOperation waits. @default 600,000 */
  readonly waitMs: number;
}

/** The defaults of {@link CountLimits}; of what an algorithm bounds, the most too. */
export const COUNT_LIMITS: CountLimits = {
  atoms: 65_536,
  atomsPerClass: 1_000,
  folds: 100,
  noiseDraws: 10_000,
  masksPerShare: 10_000,
  randomOrders: 1_000,
  relationDraws: 1_000_000,
  strengths: 1_000,
  layers: 10_000,
  checkpoints: 1_000,
  pageEntries: 1_000,
  waitMs: 600_000,
};

/** What a request gets that leaves the number out, so that no setting refuses it. */
export const LEAST_COUNTS: Partial<CountLimits> = {
  atomsPerClass: 10,
  folds: 5,
  noiseDraws: 100,
  masksPerShare: 20,
  randomOrders: 20,
  relationDraws: 10_000,
  strengths: 10,
  pageEntries: 100,
  waitMs: 60_000,
};

/** The fields of requests that a setting bounds, by their names in the contracts. */
const FIELDS: Readonly<Record<keyof CountLimits, readonly string[]>> = {
  atoms: ['atoms'],
  atomsPerClass: ['atoms_per_class'],
  folds: ['folds'],
  noiseDraws: ['draws'],
  masksPerShare: ['masks_per_share'],
  randomOrders: ['random_orders'],
  relationDraws: ['bootstrap_draws', 'permutation_draws'],
  strengths: ['alphas', 'sigmas', 'shares'],
  layers: ['layers', 'taps'],
  checkpoints: ['checkpoints', 'controls'],
  pageEntries: ['page_size'],
  waitMs: ['timeout_ms'],
};

/** What each field may be at most, as the server of requests takes it. */
export function mostByField(limits: CountLimits): ReadonlyMap<string, number> {
  return new Map(Object.entries(FIELDS).flatMap(([setting, fields]) => fields.map((field) => [field, limits[setting as keyof CountLimits]])));
}

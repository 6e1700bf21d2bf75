import type { Control } from '@fathom/errors';
import type { Crew } from '@fathom/exact';
import {
  ablation,
  ablationOrders,
  centredProducts,
  cka,
  ckaPublished,
  codesToProbe,
  columnMoments,
  columnRanges,
  complexity,
  hoyer,
  importance,
  noisyRows,
  overTraining,
  partialRank,
  probeLayer,
  redundancy,
  seededMasks,
  sensitivity,
  spearman,
  targetMoments,
  type ColumnRanges,
  type LayerProbe,
  type PairedRanges,
} from '@fathom/measures';
import type { RowSource } from '@fathom/tensors';
import type { ScoreInputs } from './score-inputs.js';

/** Scores by name: numbers, lists of one value a feature, or tables; names as in docs/cli.md. What could not be computed is absent. */
export type Scores = Record<string, unknown>;

/**
 * All measures that a folder of arrays allows (docs/measures.md §2–8). Reads layers, codes, checkpoints and noisy codes in blocks of rows.
 * Progress in steps: one for each layer and checkpoint, and one for what the penultimate layer tells.
 */
export async function scoreArrays(inputs: ScoreInputs, crew: Crew, watched: Control): Promise<Scores> {
  const { bits, codes, layers, seed } = inputs;
  const steps = layers.length + (inputs.checkpoints?.length ?? 0) + 1;
  let done = 0;
  const step = (): void => watched.progress(++done, steps);
  const control: Control = { throwIfCancelled: () => watched.throwIfCancelled(), progress: () => undefined };
  watched.progress(0, steps);
  const ranges = await columnRanges(codes, control);
  const k = codes.columns;
  const layerRanges: ColumnRanges[] = [];
  for (const layer of layers) layerRanges.push(await columnRanges(layer, control));
  const widest = Math.max(...layers.map(({ columns }) => columns));
  const targets = await codesToProbe(codes, ranges, probeOptions(inputs), widest, crew, control);
  const moments = await targetMoments(targets, ranges, crew, control);
  const probes: LayerProbe[] = [];
  for (const [index, layer] of layers.entries()) {
    const options = { ...probeOptions(inputs), inSample: layer.rows > layer.columns + 1 };
    probes.push(await probeLayer(layer, layerRanges[index]!, targets, options, crew, control));
    step();
  }
  const published = layers.every((layer) => layer.rows > layer.columns + 1);
  const scores = complexity(probes, moments);
  const out: Scores = {
    dead: moments.dead,
    alpha: probes.map((probe) => probe.alpha),
    r2: byFeature(
      probes.map((probe) => probe.r2),
      k,
    ),
    variance: [...moments.variance],
    prevalence: [...moments.prevalence],
    k_std: [...scores.kStd],
    k_raw: [...scores.kRaw],
    k_std_se: [...scores.kStdSe],
    depth_half: [...scores.depthHalf],
    null_mean: probes.map((probe) => probe.nullMean),
  };
  if (published && scores.kPublished) {
    out['r2_in_sample'] = byFeature(
      probes.map((probe) => probe.r2InSample!),
      k,
    );
    out['k_published'] = [...scores.kPublished];
  }
  if (inputs.checkpoints) Object.assign(out, await scoreTraining(inputs.checkpoints, probes, inputs, ranges, moments, crew, control, step));
  const masks = inputs.masks?.values ?? seededMasks(layers.at(-1)!.columns, seed).masks;
  const last = { x: layerRanges.at(-1)!, z: ranges };
  const products = await centredProducts(layers.at(-1)!, codes, last, bits, crew, control);
  out['cka_penultimate'] = [...cka(products)];
  out['cka_published'] = [...(await ckaPublished(products, crew))];
  out['redundancy'] = [...(await redundancy(products, masks, crew))];
  if (inputs.dictionary) out['hoyer'] = [...hoyer(inputs.dictionary.values, k, inputs.dictionary.columns)];
  if (inputs.noisy) {
    const { source, strengths, draws, images } = inputs.noisy;
    const { variance } = await columnMoments(codes, ranges, 24, crew, control);
    out['sensitivity'] = [...(await sensitivity(noisyRows(source, { strengths, draws, images }), variance, control)).sensitivity];
  }
  Object.assign(out, await scoreDecisions(inputs, last, scores.kStd, moments.live, crew, control));
  Object.assign(out, relate(out, moments.live));
  step();
  return out;
}

function probeOptions({ bits, folds, alphas, permutation, seed }: ScoreInputs) {
  return { bits, folds, nullSeed: seed, ...(alphas ? { alphas } : {}), ...(permutation ? { permutation } : {}) };
}

async function scoreTraining(
  checkpoints: readonly RowSource[],
  layers: readonly LayerProbe[],
  inputs: ScoreInputs,
  z: ColumnRanges,
  moments: { variance: Float64Array },
  crew: Crew,
  control: Control,
  step: () => void,
): Promise<Scores> {
  const options = { ...probeOptions(inputs), inSample: false, null: false };
  const targets = await codesToProbe(inputs.codes, z, options, Math.max(...checkpoints.map(({ columns }) => columns)), crew, control);
  const r2: Float64Array[] = [];
  for (const point of checkpoints) {
    r2.push((await probeLayer(point, await columnRanges(point, control), targets, options, crew, control)).r2);
    step();
  }
  const { lambda, lambdaRaw } = overTraining(
    r2,
    layers.map((probe) => probe.r2),
    moments,
  );
  return { lambda: [...lambda], lambda_raw: [...lambdaRaw] };
}

/** Importance, faithfulness and ablation, where there are a head and a dictionary. */
async function scoreDecisions(
  inputs: ScoreInputs,
  ranges: PairedRanges,
  kStd: Float64Array,
  live: Uint8Array,
  crew: Crew,
  control: Control,
): Promise<Scores> {
  const { head, dictionary, labels, seed } = inputs;
  if (!head || !dictionary) return {};
  const decision = { a: inputs.layers.at(-1)!, z: inputs.codes, D: dictionary.values, W: head.W.values, b: head.b, ...(labels ? { labels } : {}) };
  const measured = await importance(decision, ranges, crew, control);
  return {
    importance: [...measured.importance],
    importance_signed: [...measured.signed],
    prediction_agreement: measured.predictionAgreement,
    reconstruction_r2: measured.reconstructionR2,
    ablation: await ablation(decision, ablationOrders(kStd, measured.importance, live, { seed }), crew, control),
  };
}

const OTHERS = ['importance', 'redundancy', 'sensitivity', 'hoyer', 'lambda'];

/** Rank correlations of both complexities with every other score that is there, over the live features. */
function relate(scores: Scores, live: Uint8Array): Scores {
  const column = (name: string): number[] | undefined => (scores[name] as number[] | undefined)?.filter((_, j) => live[j] !== 0);
  const covariates = ['prevalence', 'variance', 'hoyer'].map(column);
  const correlations: Record<string, number> = {};
  const partial: Record<string, number> = {};
  for (const measure of ['k_std', 'k_raw'])
    for (const other of OTHERS) {
      const [a, b] = [column(measure)!, column(other)];
      if (!b) continue;
      correlations[`${measure}~${other}`] = spearman(a, b);
      if (other !== 'hoyer' && covariates.every((covariate) => covariate !== undefined))
        partial[`${measure}~${other}`] = partialRank(a, b, covariates);
    }
  return { correlations, partial_correlations: partial };
}

function byFeature(columns: readonly Float64Array[], k: number): number[][] {
  return Array.from({ length: k }, (_, j) => columns.map((column) => column[j]!));
}

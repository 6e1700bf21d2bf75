import { InputError } from '@fathom/errors';
import { relation, type Column, type Relation } from '@fathom/measures';
import { toFloat64, type Json } from '@fathom/tensors';
import type { Artifact, ArtifactStore } from '@fathom/artifacts';
import { openKind, type Reference } from './artifact-fields.js';
import { wholeJob, type Job } from './job.js';

/** The scores of one network; what is absent has no relations. */
export interface RelateRequest {
  readonly complexity: Reference;
  readonly importance: Reference;
  readonly locality: Reference | null;
  readonly sensitivity: Reference | null;
  readonly overTraining: Reference | null;
  readonly bootstrapDraws: number;
  readonly permutationDraws: number;
  readonly seed: number;
}

/** One row of a "relations" artifact's attribute `relations`. */
export interface RelationRow extends Relation {
  /** "k_std" or "k_raw", or "k_unshared" for the one without the shared term. */
  readonly measure: string;
  readonly other: string;
}

/** Rank correlations of complexity with every other score (docs/measures.md §8). */
export const relateScores: Job<RelateRequest> = {
  ...wholeJob,
  name: 'study.relate',
  determinism: 'PORTABLE',
  codec: { toJSON: (request) => request, fromJSON: (json) => json as RelateRequest },
  normalise(request) {
    if (!request.complexity || !request.importance)
      throw new InputError({ field: 'complexity, importance', problem: 'are missing', accepted: 'references to both artifacts' });
    return request;
  },
  inputs: ({ complexity, importance, locality, sensitivity, overTraining }) =>
    [complexity, importance, locality, sensitivity, overTraining].flatMap((reference) => (reference ? [reference.contentDigest] : [])),
  async finish(request, _parts, { artifacts, control }) {
    const scores = await scoresOf(artifacts, request);
    const rows: RelationRow[] = [];
    for (const [measure, other] of pairsOf(scores)) {
      control.throwIfCancelled();
      const { live, covariates } = scores;
      const { seed, bootstrapDraws, permutationDraws } = request;
      rows.push({ measure: measure.name, other: other.name, ...relation(measure, other, covariates, { seed, bootstrapDraws, permutationDraws, live }) });
    }
    return { kind: 'relations', attributes: { relations: rows as unknown as Json }, tensors: [] };
  },
};

interface Scores {
  readonly measures: readonly Column[];
  readonly others: readonly Column[];
  /** K and Λ without the R² that they share. */
  readonly unshared: readonly [Column, Column] | undefined;
  readonly covariates: readonly Column[];
  readonly live: Float64Array;
}

function pairsOf({ measures, others, unshared }: Scores): (readonly [Column, Column])[] {
  const pairs = measures.flatMap((measure) => others.map((other) => [measure, other] as const));
  return unshared ? [...pairs, unshared] : pairs;
}

async function scoresOf(artifacts: ArtifactStore, request: RelateRequest): Promise<Scores> {
  const open = (field: string, kind: string, reference: Reference | null): Promise<Artifact | null> =>
    reference ? openKind(artifacts, field, reference, kind) : Promise.resolve(null);
  const complexity = await openKind(artifacts, 'complexity', request.complexity, 'complexity');
  const importance = await openKind(artifacts, 'importance', request.importance, 'importance');
  const locality = await open('locality', 'locality', request.locality);
  const sensitivity = await open('sensitivity', 'sensitivity', request.sensitivity);
  const overTraining = await open('overTraining', 'over-training', request.overTraining);
  const signed = await column(importance, 'importance_signed');
  const others = [
    await column(importance, 'importance'),
    { name: 'importance_signed_magnitude', values: signed.values.map(Math.abs) },
    ...(locality ? [await column(locality, 'redundancy')] : []),
    ...(sensitivity ? [await column(sensitivity, 'sensitivity')] : []),
    ...(locality ? [await column(locality, 'hoyer')] : []),
    ...(overTraining ? [await column(overTraining, 'lambda')] : []),
  ];
  return {
    measures: [await column(complexity, 'k_std'), await column(complexity, 'k_raw')],
    others,
    unshared: overTraining && 'k_unshared' in overTraining.tensors ? [await column(overTraining, 'k_unshared'), await column(overTraining, 'lambda_unshared')] : undefined,
    covariates: [
      await column(complexity, 'prevalence'),
      await column(complexity, 'variance'),
      ...(locality ? [await column(locality, 'hoyer')] : []),
    ],
    live: toFloat64(await complexity.tensor('live')),
  };
}

async function column(artifact: Artifact, name: string): Promise<{ name: string; values: Float64Array }> {
  return { name, values: toFloat64(await artifact.tensor(name)) };
}

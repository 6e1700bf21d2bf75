import { InputError } from '@fathom/errors';
import { relation, relations, type Column, type RelatedScores, type Relation } from '@fathom/measures';
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
  revision: 2,
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
    const { scores, unshared } = await scoresOf(artifacts, request);
    const { seed, bootstrapDraws, permutationDraws } = request;
    const options = { seed, bootstrapDraws, permutationDraws, live: scores.live };
    const rows = Object.entries(relations(scores, options, control)).map(([pair, found]): RelationRow => {
      const [measure = '', other = ''] = pair.split('~');
      return { measure, other, ...found };
    });
    if (unshared) {
      const [k, lambda] = unshared;
      rows.push({ measure: k.name, other: lambda.name, ...relation(k, lambda, covariatesOf(scores), options) });
    }
    return { kind: 'relations', attributes: { relations: rows as unknown as Json }, tensors: [] };
  },
};

interface Scores extends RelatedScores {
  readonly live: Float64Array;
}

/** The columns of one network; K and Λ without the R² that they share apart. */
async function scoresOf(
  artifacts: ArtifactStore,
  request: RelateRequest,
): Promise<{ scores: Scores; unshared: readonly [Column, Column] | undefined }> {
  const open = (field: string, kind: string, reference: Reference | null): Promise<Artifact | null> =>
    reference ? openKind(artifacts, field, reference, kind) : Promise.resolve(null);
  const complexity = await openKind(artifacts, 'complexity', request.complexity, 'complexity');
  const importance = await openKind(artifacts, 'importance', request.importance, 'importance');
  const locality = await open('locality', 'locality', request.locality);
  const sensitivity = await open('sensitivity', 'sensitivity', request.sensitivity);
  const overTraining = await open('over-training', 'over-training', request.overTraining);
  const scores = {
    k_std: await column(complexity, 'k_std'),
    k_raw: await column(complexity, 'k_raw'),
    prevalence: await column(complexity, 'prevalence'),
    variance: await column(complexity, 'variance'),
    live: await column(complexity, 'live'),
    importance: await column(importance, 'importance'),
    importance_signed: await column(importance, 'importance_signed'),
    ...(locality ? { redundancy: await column(locality, 'redundancy'), hoyer: await column(locality, 'hoyer') } : {}),
    ...(sensitivity ? { sensitivity: await column(sensitivity, 'sensitivity') } : {}),
    ...(overTraining ? { lambda: await column(overTraining, 'lambda') } : {}),
  };
  if (!overTraining || !('k_unshared' in overTraining.tensors)) return { scores, unshared: undefined };
  const named = async (name: string): Promise<Column> => ({ name, values: await column(overTraining, name) });
  return { scores, unshared: [await named('k_unshared'), await named('lambda_unshared')] };
}

function covariatesOf({ prevalence, variance, hoyer }: Scores): Column[] {
  const columns = [
    { name: 'prevalence', values: prevalence },
    { name: 'variance', values: variance },
  ];
  return hoyer ? [...columns, { name: 'hoyer', values: hoyer }] : columns;
}

async function column(artifact: Artifact, name: string): Promise<Float64Array> {
  return toFloat64(await artifact.tensor(name));
}

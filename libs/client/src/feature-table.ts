import type { artifact } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import type { Tensor, TypedArray } from '@fathom/tensors';

/** Scores, a row for each feature. */
export interface FeatureTable {
  /** Number of features k. */
  readonly features: number;
  /** The scores that are one number for each feature, by name, [k] each. */
  readonly columns: Readonly<Record<string, TypedArray>>;
  /** Everything, by name: the columns, and what has more dimensions, such as `r2` [k, layers]. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Small facts, such as the names of the layers. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The artifact, by which anybody may ask for the same numbers. */
  readonly artifact: artifact.ArtifactRef;
  /** The columns, row by row, with the number of the feature. */
  rows(): readonly Readonly<Record<string, number>>[];
}

/** The table of an artifact's tensors, of which those of one dimension have a number for each feature. */
export function featureTable(described: artifact.Artifact, tensors: readonly Tensor[]): FeatureTable {
  const vectors = tensors.filter(({ shape }) => shape.length === 1);
  const features = vectors[0]?.shape[0];
  if (features === undefined || vectors.some(({ shape }) => shape[0] !== features))
    throw new InputError({
      field: 'artifact',
      problem: 'has no scores with a number for each feature',
      value: described.kind,
      accepted: 'complexity, over-training, importance, sensitivity, locality or fidelity',
    });
  const columns = Object.fromEntries(vectors.map(({ name, data }) => [name, data]));
  const row = (feature: number): Record<string, number> => ({
    feature,
    ...Object.fromEntries(Object.entries(columns).map(([name, data]) => [name, Number(data[feature])])),
  });
  return {
    features,
    columns,
    tensors: Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor])),
    attributes: JSON.parse(described.attributesJson) as Record<string, unknown>,
    artifact: described.artifact!,
    rows: () => Array.from({ length: features }, (_, feature) => row(feature)),
  };
}

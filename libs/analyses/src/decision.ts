import type { Artifact, ArtifactStore } from '@fathom/artifacts';
import { InputError } from '@fathom/errors';
import type { DecisionInputs, PairedRanges } from '@fathom/measures';
import { toFloat64 } from '@fathom/tensors';
import { labelsOf, layerOf, openActivations, requireSameRows } from './activations.js';
import { openKind, requireSize, type Reference } from './artifact-fields.js';
import { headOf } from './head.js';

/** The references of a request that is about decisions. */
interface DecisionReferences {
  readonly activations?: Reference | undefined;
  readonly codes?: Reference | undefined;
  readonly dictionary?: Reference | undefined;
  readonly model?: Reference | undefined;
}

/** Opens what a decision is made of: penultimate activations and codes with their ranges, atoms, head, and labels where there are some. */
export async function openDecision(
  artifacts: ArtifactStore,
  references: DecisionReferences,
): Promise<{ inputs: DecisionInputs; ranges: PairedRanges; dictionary: Artifact; codes: Artifact }> {
  const activations = await openActivations(artifacts, 'activations', references.activations);
  const codes = await openKind(artifacts, 'codes', references.codes, 'codes');
  requireSameRows(activations, codes);
  const dictionary = await openKind(artifacts, 'dictionary', references.dictionary, 'dictionary');
  const model = await openKind(artifacts, 'model', references.model, 'model');
  if (model.digest !== activations.attributes.model)
    throw new InputError({
      field: 'model',
      problem: 'is not the network that made the activations',
      value: model.digest,
      accepted: activations.attributes.model || 'activations that were uploaded with their network',
    });
  const { W, b } = await headOf(model);
  const labels = await labelsOf(activations);
  const [atoms = 0, width = 0] = dictionary.tensors['D']?.shape ?? [];
  const [a, z] = [layerOf(activations, 'activations'), codes.rows('z')];
  requireSize('dictionary', 'channels', width, a.columns);
  requireSize('codes', 'features', z.columns, atoms);
  const D = toFloat64(await dictionary.tensor('D'));
  const inputs = { a, z, D, W, b, ...(labels ? { labels } : {}) };
  const ranges = { x: await activations.artifact.range(activations.attributes.penultimate), z: await codes.range('z') };
  return { inputs, ranges, dictionary, codes };
}

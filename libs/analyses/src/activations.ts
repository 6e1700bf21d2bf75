import type { Artifact, ArtifactStore } from '@fathom/artifacts';
import type { Control } from '@fathom/errors';
import { InputError } from '@fathom/errors';
import type { RowSource } from '@fathom/tensors';
import { openKind, requireSize, requireTensor, type Reference } from './artifact-fields.js';
import type { ActivationsAttributes } from './extract-activations.js';
import { headOf, predictRows } from './head.js';

/** An "activations" artifact with its facts at hand. */
export interface Activations {
  readonly artifact: Artifact;
  readonly attributes: ActivationsAttributes;
  /** Number of images n. */
  readonly rows: number;
}

/** Opens the activations of a request field. */
export async function openActivations(artifacts: ArtifactStore, field: string, reference: Reference | undefined): Promise<Activations> {
  const artifact = await openKind(artifacts, field, reference, 'activations');
  const attributes = artifact.attributes as unknown as ActivationsAttributes;
  return { artifact, attributes, rows: attributes.rows.count };
}

/** The named tensor, or the penultimate layer where the name is empty. */
export function layerOf({ artifact, attributes }: Activations, field: string, tensor = ''): RowSource {
  const name = tensor === '' ? attributes.penultimate : tensor;
  requireTensor(artifact, field, name);
  return artifact.rows(name);
}

/** Labels of all rows, or undefined where the images had none. */
export async function labelsOf({ artifact, rows }: Activations): Promise<Int32Array | undefined> {
  return 'labels' in artifact.tensors ? Int32Array.from(await artifact.rows('labels').read(0, rows)) : undefined;
}

/** Labels of all rows; where the images had none, the classes that the network predicts. */
export async function labelsOrPredictions(
  activations: Activations,
  artifacts: ArtifactStore,
  model: Reference | undefined,
  control: Control,
): Promise<Int32Array> {
  const labels = await labelsOf(activations);
  if (labels) return labels;
  return predictRows(layerOf(activations, 'activations'), await headOf(await openKind(artifacts, 'model', model, 'model')), control);
}

/** Refuses, before any work, activations without labels where no network of the same width is given, and labels that the network has no class for. */
export async function requireLabels(activations: Activations, artifacts: ArtifactStore, model: Reference | undefined): Promise<void> {
  const { artifact, attributes } = activations;
  if ('labels' in artifact.tensors) {
    const { max } = await artifact.range('labels');
    const most = max[0] ?? 0;
    if (most >= attributes.classes)
      throw new InputError({
        field: 'activations',
        problem: 'have a label that the network has no class for',
        value: most,
        accepted: `labels from 0 to ${attributes.classes - 1}`,
      });
    return;
  }
  if (!model?.contentDigest)
    throw new InputError({
      field: 'model',
      problem: 'is missing',
      accepted: 'the network whose predictions stand in for labels, since the images have none',
    });
  const { classes } = await headOf(await openKind(artifacts, 'model', model, 'model'));
  requireSize('model', 'classes', classes, attributes.classes);
}

/** What a "codes" artifact says of itself. */
export interface CodesAttributes {
  /** Content digest of the images, and which of them, as the activations that were encoded have them. */
  readonly images: string;
  readonly rows: { readonly first: number; readonly count: number };
  /** Largest violation of the optimality conditions over all rows, relative; null for codes that were uploaded. */
  readonly worst_kkt_residual: number | null;
}

/** Refuses codes that were not made from the same images. */
export function requireSameRows(activations: Activations, codes: Artifact): void {
  const rows = codes.tensors['z']?.shape[0];
  if (rows !== activations.rows)
    throw new InputError({
      field: 'codes',
      problem: 'have another number of rows than the activations',
      value: rows,
      accepted: `${activations.rows} rows`,
    });
  const { images, rows: range } = activations.attributes;
  const made = codes.attributes as unknown as CodesAttributes;
  if (made.images !== images || made.rows.first !== range.first)
    throw new InputError({
      field: 'codes',
      problem: 'were made from other images than the activations',
      value: { images: made.images, first: made.rows.first },
      accepted: `codes of images ${images} from row ${range.first}`,
    });
}

import type { Artifact, ArtifactStore } from '@fathom/artifacts';
import { InputError } from '@fathom/errors';

/** A reference as requests carry it. */
export interface Reference {
  contentDigest: string;
}

const CONTENT_DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The content digest of a required reference; `field` names it in the error. */
export function digestOf(field: string, reference: Reference | undefined): string {
  const digest = reference?.contentDigest ?? '';
  if (!CONTENT_DIGEST.test(digest))
    throw new InputError({
      field: `${field}.content_digest`,
      problem: digest === '' ? 'is missing' : 'is no content digest',
      value: digest,
      accepted: '"sha256:" and 64 lower-case hexadecimal digits',
    });
  return digest;
}

/** Opens the artifact of a request field; an InputError where it is of another kind. */
export async function openKind(artifacts: ArtifactStore, field: string, reference: Reference | undefined, kind: string): Promise<Artifact> {
  const artifact = await artifacts.open(digestOf(field, reference));
  if (artifact.kind !== kind)
    throw new InputError({ field, problem: 'is an artifact of another kind', value: artifact.kind, accepted: `an artifact of kind "${kind}"` });
  return artifact;
}

/** Checks that an artifact has a tensor of that name. */
export function requireTensor(artifact: Artifact, field: string, name: string): void {
  if (!Object.hasOwn(artifact.tensors, name))
    throw new InputError({
      field,
      problem: 'names no tensor of the artifact',
      value: name,
      accepted: `one of ${Object.keys(artifact.tensors).join(', ')}`,
    });
}

/** Refuses an artifact with another number of something than what it is used with. */
export function requireSize(field: string, what: string, found: number, wanted: number): void {
  if (found !== wanted)
    throw new InputError({ field, problem: `has another number of ${what} than what it is used with`, value: found, accepted: `${wanted} ${what}` });
}

/** A row range with its end, checked against the number of rows that there are. `count` 0 means all from `first` on. */
export function resolveRows(field: string, range: { first: number; count: number } | undefined, available: number): { first: number; count: number } {
  const first = range?.first ?? 0;
  const count = range?.count ? range.count : available - first;
  if (count <= 0 || first + count > available)
    throw new InputError({
      field,
      problem: 'reaches outside the rows that there are',
      value: { first, count },
      accepted: `rows within 0 to ${available - 1}`,
    });
  return { first, count };
}

/** A whole number of a request field within bounds; 0 stands for the default where there is one. */
export function wholeNumber(field: string, value: number, bounds: { least: number; most: number; zero?: number }): number {
  if (value === 0 && bounds.zero !== undefined) return bounds.zero;
  if (!Number.isInteger(value) || value < bounds.least || value > bounds.most)
    throw new InputError({
      field,
      problem: 'is out of range',
      value,
      accepted: `a whole number from ${bounds.least} to ${bounds.most}${bounds.zero === undefined ? '' : `, or 0 for ${bounds.zero}`}`,
    });
  return value;
}

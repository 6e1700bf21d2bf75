import { copyArtifact, type ArtifactStore, type Provenance } from '@fathom/artifacts';
import { FathomError } from '@fathom/errors';
import { compareArtifacts, type Likeness } from './compare-artifacts.js';

/** What became of one artifact of a study. */
export interface VerifiedStep {
  /** Step of the study, or "NAME/model" for what was found in a network. */
  readonly step: string;
  /** Content digest; empty where the study has no such step. */
  readonly stored: string;
  /** Content digest after recomputing; null where the step does not exist any more. */
  readonly recomputed: string | null;
  readonly outcome: Likeness['outcome'];
  /** The largest difference as a share of the largest size in its column, where the outcome is "within 1e-4". */
  readonly deviation?: number;
  /** What ran the network or else multiplied integers for the stored artifact; null where nothing did, or it cannot be read. */
  readonly madeBy: string | null;
  /** The same of the recomputed one. */
  readonly recomputedBy: string | null;
  /** What differs, or why the stored artifact cannot be read. */
  readonly problem?: string;
}

/** The stores that are compared. */
export interface Stores {
  readonly stored: ArtifactStore;
  /** Where everything is made again. */
  readonly fresh: ArtifactStore;
}

/** Compares a step's artifact with the one that was made again. `storedDigest` is undefined where the study has no such step. */
export async function verifyStep(step: string, storedDigest: string | undefined, recomputed: string, stores: Stores): Promise<VerifiedStep> {
  const again = await stores.fresh.open(recomputed);
  const facts = { step, stored: storedDigest ?? '', recomputed, madeBy: null, recomputedBy: engineOf(again.provenance) };
  if (storedDigest === undefined) return { ...facts, outcome: 'different', problem: 'the study has no such step' };
  try {
    const artifact = await stores.stored.open(storedDigest);
    return { ...facts, madeBy: engineOf(artifact.provenance), ...(await compareArtifacts(artifact, again)) };
  } catch (error) {
    return { ...facts, outcome: 'different', problem: FathomError.from(error).message };
  }
}

/**
 * What the next steps are to be made from: the stored artifact, so that what its engine rounded otherwise goes no further; the
 * recomputed one where the stored one is not what it should be.
 */
export async function inputAfter({ outcome, stored, recomputed }: VerifiedStep, stores: Stores): Promise<string> {
  if (outcome === 'within 1e-4') await copyArtifact(stores.stored, stores.fresh, stored);
  return outcome === 'different' ? (recomputed ?? '') : stored;
}

/** The engine that an artifact's numbers went through. */
function engineOf({ engine, arithmetic }: Provenance): string | null {
  if (engine) return `${engine.name} ${engine.version}`;
  return arithmetic ? `${arithmetic.name} ${arithmetic.version} (${arithmetic.way})` : null;
}

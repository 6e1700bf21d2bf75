import { join } from 'node:path';
import { ArtifactStore, copyArtifact } from '@fathom/artifacts';
import { FathomError } from '@fathom/errors';
import type { Config } from '@fathom/platform';
import { openStore } from '@fathom/store';
import { runSpec } from './run-study-file.js';
import { embedServices } from './services.js';
import { recomputeModels } from './recompute-models.js';
import { openStudy } from './study-scores.js';
import { temporaryFolder } from './temporary-folder.js';
import type { Terminal } from './terminal.js';

/** What became of one artifact of a study. */
export interface VerifiedStep {
  /** Step of the study, or "NAME/model" for what was found in a network. */
  readonly step: string;
  readonly stored: string;
  /** Content digest after recomputing; null where the step does not exist any more. */
  readonly recomputed: string | null;
  readonly same: boolean;
  /** Why the stored artifact cannot be read, where it cannot. */
  readonly problem?: string;
}

/**
 * Recomputes every artifact of a study into an empty store, from its images, its networks' ONNX bytes and its requests alone,
 * and compares content digests. Also reads every stored artifact whole, so that damaged bytes are found.
 */
export async function verifyStudy(config: Config, digest: string, terminal: Terminal, signal: AbortSignal): Promise<VerifiedStep[]> {
  const stored = new ArtifactStore(openStore(config.store));
  const finished = await openStudy(stored, digest);
  const folder = temporaryFolder();
  try {
    const location = join(folder.path, 'store');
    const fresh = new ArtifactStore(openStore({ location }));
    const { spec } = finished;
    for (const [role, { images }] of Object.entries({ test: spec.test!, train: spec.train! }))
      await copyGiven(`images ${role}`, images!.contentDigest, stored, fresh);
    const networks = join(folder.path, 'networks');
    const services = await embedServices({ ...config, store: { location }, inputRoots: [networks] });
    try {
      const models = await recomputeModels(spec, stored, services, networks, signal);
      const run = await runSpec(models.spec, services, terminal, signal);
      const recomputed = await openStudy(fresh, run.digest);
      const names = [...new Set([...Object.keys(finished.steps), ...Object.keys(recomputed.steps)])].sort();
      const rows = [...models.rows];
      for (const step of names) rows.push(await compare(step, finished.steps[step], recomputed.steps[step] ?? null, stored));
      return rows;
    } finally {
      await services.close();
    }
  } finally {
    folder.remove();
  }
}

/** Copies what cannot be recomputed, since it is where the study begins; an error names it. */
async function copyGiven(what: string, digest: string, from: ArtifactStore, to: ArtifactStore): Promise<void> {
  try {
    await copyArtifact(from, to, digest);
  } catch (cause) {
    const { reason, message, metadata } = FathomError.from(cause);
    throw new FathomError(reason, `the study cannot be recomputed without its ${what}, ${digest}: ${message}`, { cause, metadata });
  }
}

async function compare(step: string, storedDigest: string | undefined, recomputed: string | null, artifacts: ArtifactStore): Promise<VerifiedStep> {
  if (storedDigest === undefined) return { step, stored: '', recomputed, same: false, problem: 'the study has no such step' };
  try {
    const artifact = await artifacts.open(storedDigest);
    for (const name of Object.keys(artifact.tensors)) await artifact.tensor(name);
  } catch (error) {
    return { step, stored: storedDigest, recomputed, same: false, problem: FathomError.from(error).message };
  }
  return { step, stored: storedDigest, recomputed, same: storedDigest === recomputed };
}

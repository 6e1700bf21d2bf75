import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore, copyArtifact } from '@fathom/artifacts';
import { FathomError } from '@fathom/errors';
import type { Config } from '@fathom/platform';
import { openStore } from '@fathom/store';
import { followStudy } from './run-study-file.js';
import { embedServices } from './services.js';
import { openStudy } from './study-scores.js';
import type { Terminal } from './terminal.js';

/** What became of one artifact of a study. */
export interface VerifiedStep {
  /** Step of the study, or "images …" and "model …" for what it was given. */
  readonly step: string;
  readonly stored: string;
  /** Content digest after recomputing; null where the step does not exist any more. */
  readonly recomputed: string | null;
  readonly same: boolean;
  /** Why the stored artifact cannot be read, where it cannot. */
  readonly problem?: string;
}

/**
 * Recomputes every artifact of a study into an empty store, from its images, its networks and its requests alone, and
 * compares content digests. Also reads every stored artifact whole, so that damaged bytes are found.
 */
export async function verifyStudy(config: Config, digest: string, terminal: Terminal, signal: AbortSignal): Promise<VerifiedStep[]> {
  const stored = new ArtifactStore(openStore(config.store));
  const finished = await openStudy(stored, digest);
  const folder = await mkdtemp(join(tmpdir(), 'fathom-verify-'));
  try {
    const location = join(folder, 'store');
    const fresh = new ArtifactStore(openStore({ location }));
    const { spec } = finished;
    const sources = [...spec.checkpoints, ...spec.controls].map(({ model }) => model!.contentDigest);
    sources.push(spec.test!.images!.contentDigest, spec.train!.images!.contentDigest);
    for (const source of new Set(sources)) await copyArtifact(stored, fresh, source);
    const services = await embedServices({ ...config, store: { location } });
    try {
      const { operation } = await services.study.startStudy({ spec }, { signal });
      const run = await followStudy(operation, services, terminal, signal);
      const recomputed = await openStudy(fresh, run.digest);
      const names = [...new Set([...Object.keys(finished.steps), ...Object.keys(recomputed.steps)])].sort();
      const rows: VerifiedStep[] = [];
      for (const step of names) rows.push(await compare(step, finished.steps[step], recomputed.steps[step] ?? null, stored));
      return rows;
    } finally {
      await services.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
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

import { join } from 'node:path';
import { ArtifactStore, copyArtifact } from '@fathom/artifacts';
import { followOperation } from '@fathom/client';
import { FathomError } from '@fathom/errors';
import type { Config } from '@fathom/platform';
import { connectAll, normaliseSpec, runSteps, type StepRunner } from '@fathom/service-study';
import { openStore } from '@fathom/store';
import { recomputeModels } from './recompute-models.js';
import { embedServices } from './services.js';
import { openStudy } from './study-scores.js';
import { temporaryFolder } from './temporary-folder.js';
import type { Terminal } from './terminal.js';
import { inputAfter, verifyStep, type VerifiedStep } from './verified-step.js';

/**
 * Recomputes every artifact of a study into an empty store, with the engine of the configuration, and compares. It begins with the
 * images and the bytes of the networks; each further step follows from the study's specification and is made from the stored artifacts
 * of the steps before it. Also reads every stored artifact whole, so that damaged bytes are found.
 */
export async function verifyStudy(config: Config, digest: string, terminal: Terminal, signal: AbortSignal): Promise<VerifiedStep[]> {
  const stored = new ArtifactStore(openStore(config.store));
  const finished = await openStudy(stored, digest);
  const folder = temporaryFolder();
  try {
    const location = join(folder.path, 'store');
    const fresh = new ArtifactStore(openStore({ location }));
    const stores = { stored, fresh };
    const { spec } = finished;
    for (const [role, { images }] of Object.entries({ test: spec.test!, train: spec.train! }))
      await copyGiven(`images ${role}`, images!.contentDigest, stored, fresh);
    const networks = join(folder.path, 'networks');
    const services = await embedServices({ ...config, store: { location }, inputRoots: [networks] });
    const clients = connectAll(services.platform.config, '');
    try {
      const models = await recomputeModels(spec, stores, services, networks, signal);
      const rows = new Map<string, VerifiedStep>();
      const follow: StepRunner['follow'] = async (step, operation, until) => {
        const ended = await followOperation(operation, until);
        const row = await verifyStep(step, finished.steps[step], ended.result?.contentDigest ?? '', stores);
        rows.set(step, row);
        return { ...ended, result: { contentDigest: await inputAfter(row, stores) } };
      };
      const report = ({ partsDone = 0, partsTotal = 0, stage = '' }): void => terminal.progress({ done: partsDone, total: partsTotal, stage });
      await runSteps(normaliseSpec(models.spec), { clients, platform: services.platform, follow }, { signal, report });
      for (const [step, digestOfStep] of Object.entries(finished.steps)) if (!rows.has(step)) rows.set(step, needless(step, digestOfStep));
      return [...models.rows, ...[...rows.values()].sort((a, b) => (a.step < b.step ? -1 : 1))];
    } finally {
      terminal.endProgress();
      clients.close();
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

/** A step that the study's specification does not lead to. */
function needless(step: string, stored: string): VerifiedStep {
  return {
    step,
    stored,
    recomputed: null,
    outcome: 'different',
    madeBy: null,
    recomputedBy: null,
    problem: 'the specification of the study has no such step',
  };
}

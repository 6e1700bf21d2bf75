import { followOperation, Patience, patiently, type Step } from '@fathom/client';
import { study, type operations } from '@fathom/contracts';
import { CODE_VERSION, type Execution } from '@fathom/operations';
import type { Platform } from '@fathom/platform';
import type { Json } from '@fathom/tensors';
import { runSteps } from './run-steps.js';
import type { StudyClients } from './study-clients.js';
import type { StudyRecords } from './study-records.js';

/** Runs a study's steps over the other services, step by step kept in its record. Returns the digest of the "study" artifact. */
export async function runStudy(
  digest: string,
  spec: study.StudySpec,
  { platform, clients, records }: { platform: Platform; clients: StudyClients; records: StudyRecords },
  execution: Execution,
): Promise<string> {
  const { epoch, signal } = execution;
  const patience = (what: string, stop: AbortSignal): Patience =>
    new Patience(stop, undefined, ({ message }) => platform.logger.warn({ operation: digest }, `${what} is asked for again: ${message}`));
  /** A store that is away for a while ends no study. */
  const stored = <T>(store: () => Promise<T>): Promise<T> => patiently(store, patience('the store', signal));
  await stored(() => records.begin(digest, epoch, { spec, steps: new Map() }));
  const runner = {
    clients,
    platform,
    patience,
    follow: (name: string, step: Step, stop: AbortSignal) => followOperation(step, stop, { patience: patience(`step ${name}`, stop) }),
    keep: (steps: ReadonlyMap<string, operations.Operation>) => stored(() => records.write(digest, epoch, { spec, steps })),
  };
  const steps = await runSteps(spec, runner, execution);
  return stored(() => publish(digest, spec, steps, platform));
}

function publish(digest: string, spec: study.StudySpec, steps: Record<string, string>, { artifacts }: Platform): Promise<string> {
  const request = study.StudySpec.toJSON(spec) as Json;
  return artifacts.publishTensors({
    kind: 'study',
    attributes: { spec: request, steps },
    tensors: [],
    provenance: {
      job: 'study.run',
      requestDigest: digest,
      request,
      inputs: [...new Set(Object.values(steps))].sort(),
      codeVersion: CODE_VERSION,
      engine: null,
      determinism: 'ENGINE',
    },
  });
}

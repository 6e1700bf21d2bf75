import { setMaxListeners } from 'node:events';
import { relateScores, type RelateRequest } from '@fathom/analyses';
import { study, type operations } from '@fathom/contracts';
import { cancelled, FathomError, restoreError } from '@fathom/errors';
import { CODE_VERSION, operationName, type Execution } from '@fathom/operations';
import { operationMessage, type Platform } from '@fathom/platform';
import type { Json } from '@fathom/tensors';
import { followOperation, type Step } from './follow-operation.js';
import { relateNetwork, runNetwork, runStudied, type Made, type NetworkPlan } from './network-steps.js';
import type { StudyClients } from './study-clients.js';
import type { StudyRecords } from './study-records.js';
import { networksOf } from './study-spec.js';

const NETWORK_STEPS = 8;
const FULL_STEPS = 2;
const MOST_WAIT_MS = 600_000;

/** Runs a study's steps over the other services, step by step kept in its record. Returns the digest of the "study" artifact. */
export async function runStudy(
  digest: string,
  spec: study.StudySpec,
  { platform, clients, records }: { platform: Platform; clients: StudyClients; records: StudyRecords },
  execution: Execution,
): Promise<string> {
  const steps = new Map<string, operations.Operation>();
  const active = new Set<string>();
  let writing: Promise<void> = records.write(digest, { spec, steps });
  const stop = new AbortController();
  const signal = AbortSignal.any([execution.signal, stop.signal]);
  setMaxListeners(0, signal); // every step that runs listens

  const keep = async (name: string, follow: () => Promise<operations.Operation>): Promise<Made> => {
    active.add(name);
    report();
    const operation = await follow();
    active.delete(name);
    steps.set(name, operation);
    report();
    writing = writing.then(() => records.write(digest, { spec, steps }));
    await writing;
    if (!operation.result) throw new FathomError('INTERNAL', `step ${name} has no result`);
    return operation.result;
  };
  const run = (name: string, step: Step): Promise<Made> => keep(name, () => followOperation(step, signal));
  const relate = (name: string, request: RelateRequest): Promise<Made> => keep(name, () => runOwn(platform, request, signal));
  const networks = await plans(spec, clients);
  const report = (): void =>
    execution.report({ stage: [...active].slice(0, 3).join(', '), partsDone: steps.size, partsTotal: countSteps(spec, networks) });

  try {
    const results = await Promise.all(networks.map((plan) => runNetwork(plan, clients, run)));
    const studied = networks[spec.checkpoints.length - 1]!;
    const { overTraining } = await runStudied(spec, results, studied.branches, clients, run);
    await Promise.all(results.map((each, index) => relateNetwork(spec, each, index === spec.checkpoints.length - 1 ? overTraining : null, relate)));
  } catch (error) {
    stop.abort();
    throw error;
  }
  return publish(digest, spec, steps, platform);
}

/** How each network is taken: the one that is studied and the controls in full. */
async function plans(spec: study.StudySpec, clients: StudyClients): Promise<NetworkPlan[]> {
  const studied = spec.checkpoints.at(-1)!.name;
  const controls = new Set(spec.controls.map(({ name }) => name));
  return Promise.all(
    networksOf(spec).map(async (network) => {
      const { description } = await clients.activation.describeModel({ model: network.model });
      const full = network.name === studied || controls.has(network.name);
      const branches = network.name === studied && (description?.blocks.length ?? 0) > 0;
      return { spec, network, penultimate: description?.penultimate ?? '', full, branches };
    }),
  );
}

function countSteps(spec: study.StudySpec, networks: readonly NetworkPlan[]): number {
  const each = networks.reduce((sum, { full }) => sum + NETWORK_STEPS + (full ? FULL_STEPS : 0), 0);
  const branches = networks.some((plan) => plan.branches) ? 1 : 0;
  return each + 1 + branches + (spec.checkpoints.length > 1 ? 1 : 0);
}

async function runOwn(platform: Platform, request: RelateRequest, signal: AbortSignal): Promise<operations.Operation> {
  const { digest } = await platform.startJob(relateScores, request);
  const record = await platform.operations.wait(operationName(digest), MOST_WAIT_MS, signal);
  if (signal.aborted || record.state === 'CANCELLED') throw cancelled('the study');
  if (record.failure) throw restoreError(record.failure);
  return operationMessage(record);
}

function publish(digest: string, spec: study.StudySpec, steps: ReadonlyMap<string, operations.Operation>, { artifacts }: Platform): Promise<string> {
  const request = study.StudySpec.toJSON(spec) as Json;
  const results = Object.fromEntries([...steps].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { result }]) => [name, result!.contentDigest]));
  return artifacts.publishTensors({
    kind: 'study',
    attributes: { spec: request, steps: results },
    tensors: [],
    provenance: {
      job: 'study.run',
      requestDigest: digest,
      request,
      inputs: [...new Set(Object.values(results))].sort(),
      codeVersion: CODE_VERSION,
      engine: null,
      determinism: 'ENGINE',
    },
  });
}

import { setMaxListeners } from 'node:events';
import { relateScores, type RelateRequest } from '@fathom/analyses';
import { Patience, patiently, type Step } from '@fathom/client';
import type { operations, study } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import type { Execution } from '@fathom/operations';
import { operationMessage, type Platform } from '@fathom/platform';
import { relateNetwork, runNetwork, runStudied, type NetworkPlan, type Relate, type RunStep } from './network-steps.js';
import { StepLog } from './step-log.js';
import type { StudyClients } from './study-clients.js';
import { networksOf } from './study-spec.js';

/** Of every network: two extractions, dictionary, codes, complexity, importance, fidelity, locality, relations. */
const NETWORK_STEPS = 9;

/** Who runs the steps of a study. */
export interface StepRunner {
  readonly clients: StudyClients;
  /** Runs the study's own job. */
  readonly platform: Platform;
  /** Follows a step to its end. What is built on the step is built on the result of the operation that this returns. */
  follow(name: string, step: Step, signal: AbortSignal): Promise<operations.Operation>;
  /** Waits for a service, named in words, that is away for a while. @default Patience, of which nobody is told */
  readonly patience?: (what: string, signal: AbortSignal) => Patience;
  /** Keeps the finished steps. @default they are not kept */
  readonly keep?: (finished: ReadonlyMap<string, operations.Operation>) => Promise<void>;
}

/** Runs all steps of a study, each as soon as what it is made from is there. Returns the content digest of each by its name. */
export async function runSteps(
  spec: study.StudySpec,
  runner: StepRunner,
  execution: Pick<Execution, 'signal' | 'report'>,
): Promise<Record<string, string>> {
  const { clients, platform, keep = () => Promise.resolve(), patience = (_what: string, until: AbortSignal) => new Patience(until) } = runner;
  const stop = new AbortController();
  const signal = AbortSignal.any([execution.signal, stop.signal]);
  setMaxListeners(0, signal); // every step that runs listens
  let partsTotal = 0;
  const log = new StepLog(keep, ({ active, done }) => execution.report({ stage: active.slice(0, 3).join(', '), partsDone: done, partsTotal }));
  const run: RunStep = (name, step) => log.run(name, () => runner.follow(name, step, signal));
  const relate: Relate = (name, request) => run(name, ownStep(platform, request));
  try {
    const networks = await plans(spec, clients, signal, patience);
    partsTotal = countSteps(spec, networks);
    const results = await Promise.all(networks.map((plan) => runNetwork(plan, clients, run)));
    const last = spec.checkpoints.length - 1;
    const { overTraining } = await runStudied(networks[last]!, results, clients, run);
    await Promise.all(results.map((each, index) => relateNetwork(spec, each, index === last ? overTraining : null, relate)));
    return log.results();
  } catch (error) {
    stop.abort();
    await log.settled();
    throw error;
  }
}

/** How each network is taken. Throws an InputError where the images are too few for what the spec asks. */
async function plans(
  spec: study.StudySpec,
  clients: StudyClients,
  signal: AbortSignal,
  patience: (what: string, signal: AbortSignal) => Patience,
): Promise<NetworkPlan[]> {
  const studied = spec.checkpoints.at(-1)!.name;
  const controls = new Set(spec.controls.map(({ name }) => name));
  return Promise.all(
    networksOf(spec).map(async (network) => {
      const describe = () => clients.activation.describeModel({ model: network.model }, { signal });
      const { description } = await patiently(describe, patience(`the description of ${network.name}`, signal));
      requireEnoughRows(spec, description?.penultimateWidth ?? 0);
      const noisy = network.name === studied || controls.has(network.name);
      return { spec, network, penultimate: description?.penultimate ?? '', noisy, hasBlocks: (description?.blocks.length ?? 0) > 0 };
    }),
  );
}

/** Tells before anything is computed what the probe of the penultimate layer would refuse (docs/measures.md §3.3). */
function requireEnoughRows({ test, probe }: study.StudySpec, width: number): void {
  const rows = test?.rows?.count ?? 0;
  if (rows === 0 || probe?.withoutPublished || rows > width + 1) return;
  throw new InputError({
    field: 'spec.test.rows.count',
    problem: `is too small for the published variant at a penultimate layer of ${width} channels`,
    value: rows,
    accepted: `more than ${width + 1}, or spec.probe.without_published ("published": false in a study file)`,
  });
}

function countSteps(spec: study.StudySpec, networks: readonly NetworkPlan[]): number {
  const sensitivity = networks.filter(({ noisy }) => noisy).length;
  const flow = networks[spec.checkpoints.length - 1]?.hasBlocks ? 2 : 0;
  const ablation = 1;
  const overTraining = spec.checkpoints.length > 1 ? 1 : 0;
  return networks.length * NETWORK_STEPS + sensitivity + flow + ablation + overTraining;
}

/** The study's own job as a step, without a socket. */
function ownStep({ startJob, operations: runner }: Platform, request: RelateRequest): Step {
  return {
    start: async () => ({ operation: operationMessage(await startJob(relateScores, request)) }),
    operations: {
      cancelOperation: async ({ name }) => ({ operation: operationMessage(await runner.cancel(name)) }),
      async *watchOperation({ name, afterSequence }, { signal } = {}) {
        for await (const record of runner.watch(name, afterSequence, signal)) yield { operation: operationMessage(record) };
      },
    },
  };
}

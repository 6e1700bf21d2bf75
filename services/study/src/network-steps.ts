import type { RelateRequest } from '@fathom/analyses';
import type { Step } from '@fathom/client';
import type { activation, complexity, operations, study } from '@fathom/contracts';
import { activation as activationContracts } from '@fathom/contracts';
import type { StudyClients } from './study-clients.js';

/** A reference to a finished step's artifact. */
export interface Made {
  readonly contentDigest: string;
}

/** Runs one step to its end and keeps its name; returns its artifact. */
export type RunStep = (name: string, step: Step) => Promise<Made>;

/** Runs the study's own job. */
export type Relate = (name: string, request: RelateRequest) => Promise<Made>;

/** What one network's steps have made. */
export interface NetworkResults {
  readonly network: study.StudyNetwork;
  readonly activations: Made;
  readonly dictionary: Made;
  readonly codes: Made;
  readonly complexity: Made;
  readonly importance: Made;
  readonly locality: Made;
  readonly sensitivity: Made | null;
}

/** What the steps of a network are taken with. */
export interface NetworkPlan {
  readonly spec: study.StudySpec;
  readonly network: study.StudyNetwork;
  /** Name of the tensor that the network's head reads. */
  readonly penultimate: string;
  /** Whether sensitivity is measured: for the network that is studied and for the controls. */
  readonly noisy: boolean;
  /** Whether it has residual blocks, and so a flow. */
  readonly hasBlocks: boolean;
}

const { Pooling } = activationContracts;

/** From a network and images to the scores that it has by itself. */
export async function runNetwork(plan: NetworkPlan, clients: StudyClients, run: RunStep): Promise<NetworkResults> {
  const { spec, network, noisy } = plan;
  const named = (step: string): string => `${network.name}/${step}`;
  const { model } = network;

  const train = run(named('train-activations'), extractStep(clients, { ...trainRequest(spec), model, taps: [plan.penultimate] }));
  const test = run(named('activations'), extractStep(clients, { ...testRequest(spec), model }));
  const dictionary = await settled(train, test, async (fitted) =>
    run(named('dictionary'), {
      start: () =>
        clients.dictionary.startFit({
          activations: fitted,
          tensor: '',
          model,
          method: { $case: 'classNmf', value: { atomsPerClass: spec.atomsPerClass } },
          seed: spec.seed,
        }),
      operations: clients.dictionary.operations,
    }),
  );
  const activations = await test;
  const codes = await run(named('codes'), {
    start: () => clients.dictionary.startEncode({ dictionary, activations, tensor: '' }),
    operations: clients.dictionary.operations,
  });
  const [complexity, importance, , locality, sensitivity] = await Promise.all([
    run(named('complexity'), {
      start: () => clients.complexity.startMeasure({ activations, layers: [], codes, probe: spec.probe }),
      operations: clients.complexity.operations,
    }),
    run(named('importance'), {
      start: () => clients.importance.startMeasure({ activations, codes, dictionary, model }),
      operations: clients.importance.operations,
    }),
    run(named('fidelity'), {
      start: () => clients.dictionary.startDescribe({ dictionary, codes, activations, model }),
      operations: clients.dictionary.operations,
    }),
    run(named('locality'), {
      start: () => clients.robustness.startMeasureLocality({ activations, codes, dictionary, masking: spec.masking, bits: spec.probe?.bits ?? 0 }),
      operations: clients.robustness.operations,
    }),
    noisy
      ? run(named('sensitivity'), {
          start: () =>
            clients.robustness.startMeasureSensitivity({
              model,
              images: spec.test?.images,
              rows: noiseRows(spec),
              dictionary,
              codes,
              noise: spec.noise,
            }),
          operations: clients.robustness.operations,
        })
      : null,
  ]);
  return { network, activations, dictionary, codes, complexity, importance, locality, sensitivity };
}

/** What only the network that is studied has: ablation, flow, and Λ where there are checkpoints. */
export async function runStudied(
  { spec, hasBlocks, penultimate }: NetworkPlan,
  all: readonly NetworkResults[],
  clients: StudyClients,
  run: RunStep,
): Promise<{ overTraining: Made | null }> {
  const checkpoints = all.slice(0, spec.checkpoints.length);
  const { network, activations, codes, dictionary, complexity, importance } = checkpoints.at(-1)!;
  const named = (step: string): string => `${network.name}/${step}`;
  // Extracted apart: reading tensors inside a block changes the last bits of the others, and no other network is read so.
  const runFlow = async (): Promise<Made> => {
    const request = { ...testRequest(spec), model: network.model, taps: [penultimate], branches: true };
    const branches = await run(named('branch-activations'), extractStep(clients, request));
    return run(named('flow'), {
      start: () => clients.complexity.startMeasureFlow({ activations: branches, codes, complexity, probe: spec.probe }),
      operations: clients.complexity.operations,
    });
  };
  const points: complexity.TrainingPoint[] = checkpoints.map((results) => ({ name: results.network.name, activations: results.activations }));
  const [overTraining] = await Promise.all([
    points.length > 1
      ? run(named('over-training'), {
          start: () => clients.complexity.startMeasureOverTraining({ checkpoints: points, codes, complexity, probe: spec.probe }),
          operations: clients.complexity.operations,
        })
      : null,
    hasBlocks ? runFlow() : null,
    run(named('ablation'), {
      start: () =>
        clients.importance.startAblate({
          activations,
          codes,
          dictionary,
          model: network.model,
          complexity,
          importance,
          seed: spec.seed,
          randomOrders: 0,
        }),
      operations: clients.importance.operations,
    }),
  ]);
  return { overTraining };
}

/** The relations of one network's scores. */
export async function relateNetwork(spec: study.StudySpec, results: NetworkResults, overTraining: Made | null, relate: Relate): Promise<Made> {
  const { bootstrapDraws = 0, permutationDraws = 0, seed = 0 } = spec.relations ?? {};
  const { complexity, importance, locality, sensitivity } = results;
  const request = { complexity, importance, locality, sensitivity, overTraining, bootstrapDraws, permutationDraws, seed };
  return relate(`${results.network.name}/relations`, request);
}

/** Goes on with `first` while `second` is still under way, and fails as soon as either fails. */
async function settled<A, B>(first: Promise<A>, second: Promise<unknown>, next: (value: A) => Promise<B>): Promise<B> {
  const [result] = await Promise.all([first.then(next), second]);
  return result;
}

function extractStep(
  { activation: client }: StudyClients,
  request: activation.StartExtractRequest,
): { start: () => Promise<{ operation?: operations.Operation | undefined }>; operations: Step['operations'] } {
  return { start: () => client.startExtract(request), operations: client.operations };
}

function testRequest({ test }: study.StudySpec) {
  return { images: test?.images, rows: test?.rows, taps: [], branches: false, pooling: Pooling.MEAN };
}

function trainRequest({ train }: study.StudySpec) {
  return { images: train?.images, rows: train?.rows, branches: false, pooling: Pooling.MEAN };
}

function noiseRows({ test, noiseImages }: study.StudySpec) {
  return { first: test?.rows?.first ?? 0, count: noiseImages };
}

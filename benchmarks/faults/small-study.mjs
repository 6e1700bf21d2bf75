/** The study that every fault strikes, and a client that asks for it until it is done, as a user would. */
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cutImages, PREPROCESSING } from '../load-material.mjs';

const { ActivationClient, operations, OperationsClient, StudyClient } = (await import('../../libs/contracts/dist/index.js')).default;
const { connect } = (await import('../../libs/service-kit/dist/index.js')).default;
const { FathomError } = (await import('../../libs/errors/dist/index.js')).default;

const { OperationState } = operations;
const CHECKPOINTS = resolve(import.meta.dirname, '../../models/fashion/checkpoints');
const NETWORKS = ['epoch-05', 'epoch-15'];
/** A study that has not ended by then is lost. */
const MOST_SECONDS = 300;
const AGAIN_MS = 500;

/** Registers networks and images with the services, and gives the specification of a study that ends in seconds. */
export async function smallStudy(house) {
  const { activation: address } = house.addresses[0];
  const client = connect(ActivationClient, address, house.connection);
  const following = connect(OperationsClient, address, house.connection);
  try {
    const checkpoints = [];
    for (const name of NETWORKS) {
      const path = join(CHECKPOINTS, `${name}.onnx`);
      const { model } = await client.registerModel({ path, name, preprocessing: PREPROCESSING, taps: [] });
      checkpoints.push({ name, model, epoch: Number(name.slice(-2)) });
    }
    const idx = cutImages(house.folder);
    let { operation } = await client.startRegisterImages({ name: 'faults', source: { $case: 'idx', value: idx } });
    while (operation.state === OperationState.RUNNING) ({ operation } = await following.waitOperation({ name: operation.name, timeoutMs: 30_000 }));
    if (operation.state !== OperationState.SUCCEEDED) throw new Error(`images cannot be registered: ${operation.error?.message}`);
    for (const part of house.parts.finished.keys()) house.parts.registered.add(part);
    const rows = (first, count) => ({ images: operation.result, rows: { first, count } });
    return {
      name: 'faults',
      checkpoints,
      controls: [],
      test: rows(0, 200),
      train: rows(200, 100),
      atomsPerClass: 2,
      seed: 1,
      probe: undefined,
      noise: { sigmas: [], draws: 2, seed: 1 },
      noiseImages: 4,
      masking: undefined,
      relations: { bootstrapDraws: 100, permutationDraws: 100, seed: 1 },
    };
  } finally {
    client.close();
    following.close();
  }
}

/**
 * Asks for a study until it has succeeded: again where nobody answers, and where it has stopped or failed.
 * @param onTrouble told of each refusal and failure in words
 * @returns what the study has become, and how often it was asked for
 */
export async function studied(house, spec, { replica = 0, onTrouble = () => undefined, seconds = MOST_SECONDS } = {}) {
  const address = house.addresses[replica].study;
  const client = connect(StudyClient, address, house.connection);
  const following = connect(OperationsClient, address, house.connection);
  const latest = Date.now() + 1_000 * seconds;
  let asked = 0;
  let last = 'nothing was answered';
  try {
    while (Date.now() < latest) {
      asked += 1;
      try {
        let { operation } = await client.startStudy({ spec }, { deadlineMs: 30_000 });
        while (operation.state === OperationState.RUNNING && Date.now() < latest)
          ({ operation } = await following.waitOperation({ name: operation.name, timeoutMs: 2_000 }, { deadlineMs: 30_000 }));
        last = `${operation.error?.message ?? OperationState[operation.state]}`;
        if (operation.state === OperationState.SUCCEEDED) {
          const { study } = await client.getStudy({ name: operation.name.replace('operations/', 'studies/') });
          const steps = Object.fromEntries(study.steps.map((step) => [step.name, step.operation.result.contentDigest]));
          return { digest: operation.result.contentDigest, steps, asked };
        }
      } catch (thrown) {
        const { reason, message } = FathomError.from(thrown);
        last = `${reason}: ${message}`;
      }
      onTrouble(last);
      await pause(AGAIN_MS);
    }
  } finally {
    client.close();
    following.close();
  }
  throw new Error(`the study did not end within ${seconds} s: ${last}`);
}

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { descriptionOf, networkOf } from '@fathom/analyses';
import type { study } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import type { Services } from './services.js';
import { verifyStep, type Stores, type VerifiedStep } from './verified-step.js';

/** The networks of a study, registered again from their stored bytes alone. */
export interface RecomputedModels {
  /** The study with the digests of the recomputed "model" artifacts. */
  readonly spec: study.StudySpec;
  readonly rows: readonly VerifiedStep[];
}

/** Registers every network of a study again: taps, head and description are found anew in the bytes of its artifact. */
export async function recomputeModels(
  spec: study.StudySpec,
  stores: Stores,
  services: Services,
  folder: string,
  signal: AbortSignal,
): Promise<RecomputedModels> {
  await mkdir(folder, { recursive: true });
  const rows = new Map<string, VerifiedStep>();
  const again = async (network: study.StudyNetwork): Promise<study.StudyNetwork> => {
    const digest = network.model!.contentDigest;
    const step = `${network.name}/model`;
    const known = rows.get(step)?.recomputed;
    if (known) return { ...network, model: { contentDigest: known } };
    const path = join(folder, `${createHash('sha256').update(digest).digest('hex')}.onnx`);
    const recomputed = await registerAgain(network.name, digest, stores, services, path, signal);
    rows.set(step, await verifyStep(step, digest, recomputed, stores));
    return { ...network, model: { contentDigest: recomputed } };
  };
  const checkpoints: study.StudyNetwork[] = [];
  for (const network of spec.checkpoints) checkpoints.push(await again(network));
  const controls: study.StudyNetwork[] = [];
  for (const network of spec.controls) controls.push(await again(network));
  return { spec: { ...spec, checkpoints, controls }, rows: [...rows.values()] };
}

async function registerAgain(
  name: string,
  digest: string,
  { stored }: Stores,
  services: Services,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    const artifact = await stored.open(digest);
    const description = descriptionOf(artifact);
    const { request } = artifact.provenance.request as { request?: { taps?: string[] } };
    await writeFile(path, await networkOf(artifact));
    const { model } = await services.activation.registerModel(
      { path, name: description.name, preprocessing: description.preprocessing, taps: request?.taps ?? [] },
      { signal },
    );
    return model!.contentDigest;
  } catch (cause) {
    const { reason, message, metadata } = FathomError.from(cause);
    throw new FathomError(reason, `the study cannot be recomputed without its network ${name}, ${digest}: ${message}`, { cause, metadata });
  }
}

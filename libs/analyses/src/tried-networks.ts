import type { ArtifactStore } from '@fathom/artifacts';
import { engineOf, tryNetwork, type ModelOptions } from '@fathom/engines';
import { unwatched, type Control } from '@fathom/errors';
import { canonicalJson, sha256Hex } from '@fathom/tensors';
import type { InputLimits } from './input-limits.js';

/** Images that go through a network at once; always padded to this number. The 100 draws of a noisy image are four times as many. */
export const BATCH = 25;

const PASSED = 'passed';

/** Networks that have been read and run in a process of their own, so that this one may run them too. */
export class TriedNetworks {
  private readonly passed = new Set<string>();

  /** @param artifacts keeps what has passed, for each version of an engine */
  constructor(
    private readonly artifacts: ArtifactStore,
    private readonly limits: InputLimits,
  ) {}

  /** Has a network tried by {@link tryNetwork}, unless it has passed before; throws what that throws. @param taps none for those that are found */
  async require(network: Uint8Array, taps: readonly string[], control: Control = unwatched): Promise<void> {
    const { name, version } = engineOf(network);
    const record = sha256Hex(canonicalJson({ trial: { network: sha256Hex(network), engine: { name, version } } }));
    if (this.passed.has(record)) return;
    if ((await this.artifacts.part(record, PASSED)) !== true) {
      const { modelSeconds: seconds, modelMemoryBytes: memoryBytes } = this.limits;
      await tryNetwork(network, { taps, batch: BATCH, limits: modelOptions(this.limits), seconds, memoryBytes, control });
      await this.artifacts.setPart(record, PASSED, true);
    }
    this.passed.add(record);
  }
}

/** The limits of a network as it is read. */
export function modelOptions({ modelBytes, modelNodes, tensorDimensions, tensorElements }: InputLimits): ModelOptions {
  return { maxModelBytes: modelBytes, maxNodes: modelNodes, maxDimensions: tensorDimensions, maxElements: tensorElements };
}

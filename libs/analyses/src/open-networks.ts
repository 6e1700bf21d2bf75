import type { Artifact } from '@fathom/artifacts';
import { openNetwork, type Network } from '@fathom/engines';
import { networkOf } from './network-file.js';

/** Images that go through a network at once; always padded to this number. The 100 draws of a noisy image are four times as many. */
export const BATCH = 25;

/** Networks that a thread keeps open, so that parts that follow each other need not load them again. */
export class OpenNetworks {
  private readonly open = new Map<string, Promise<Network>>();

  /** At most `most` networks are kept open; the one used longest ago is closed first. */
  constructor(private readonly most = 3) {}

  /**
   * The network of a "model" artifact, with the named tensors as outputs, of which some may be averaged over space. Borrowed: the caller
   * does not close it.
   */
  async get(model: Artifact, taps: readonly string[], averaged: readonly string[] = []): Promise<Network> {
    const key = JSON.stringify([model.digest, taps, averaged]);
    const known = this.open.get(key);
    this.open.delete(key);
    const network = known ?? this.load(model, taps, averaged);
    this.open.set(key, network);
    await this.evict();
    try {
      return await network;
    } catch (error) {
      this.open.delete(key);
      throw error;
    }
  }

  private async load(model: Artifact, taps: readonly string[], averaged: readonly string[]): Promise<Network> {
    return openNetwork(await networkOf(model), taps, { batch: BATCH, threads: 1, averaged });
  }

  private async evict(): Promise<void> {
    for (const [key, network] of this.open) {
      if (this.open.size <= this.most) return;
      this.open.delete(key);
      await network.then((opened) => opened.close()).catch(() => undefined);
    }
  }
}

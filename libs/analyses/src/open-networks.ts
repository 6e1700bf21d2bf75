import type { Artifact } from '@fathom/artifacts';
import { openNetwork, type Network } from '@fathom/engines';
import { networkOf } from './network-file.js';
import { BATCH, type TriedNetworks } from './tried-networks.js';

/** Networks that a thread keeps open, so that parts that follow each other need not load them again. */
export class OpenNetworks {
  private readonly open = new Map<string, Promise<Network>>();

  /** At most `most` networks are kept open; the one used longest ago is closed first. */
  constructor(
    private readonly tried: TriedNetworks,
    private readonly most = 3,
  ) {}

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
    await this.evict(this.most);
    try {
      return await network;
    } catch (error) {
      this.open.delete(key);
      throw error;
    }
  }

  private async load(model: Artifact, taps: readonly string[], averaged: readonly string[]): Promise<Network> {
    const network = await networkOf(model);
    await this.tried.require(network, taps);
    return openNetwork(network, taps, { batch: BATCH, threads: 1, averaged });
  }

  /** Closes all of them. Nobody may be using one. */
  async close(): Promise<void> {
    await this.evict(0);
  }

  private async evict(most: number): Promise<void> {
    for (const [key, network] of this.open) {
      if (this.open.size <= most) return;
      this.open.delete(key);
      await network.then((opened) => opened.close()).catch(() => undefined);
    }
  }
}

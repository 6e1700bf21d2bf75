import { ArtifactStore } from '@fathom/artifacts';
import { openStore } from '@fathom/store';
import type { Json, Tensor } from '@fathom/tensors';

const PROVENANCE = {
  job: 'test',
  requestDigest: '0'.repeat(64),
  request: {},
  inputs: [],
  codeVersion: '0',
  engine: null,
  determinism: 'PORTABLE' as const,
};

/** A reference to an artifact. */
export interface Ref {
  readonly contentDigest: string;
}

/** Puts artifacts into a store that no service has made. */
export class StandIns {
  readonly artifacts: ArtifactStore;

  constructor(location: string) {
    this.artifacts = new ArtifactStore(openStore({ location }));
  }

  /** An artifact of any kind. */
  async publish(kind: string, attributes: Json, tensors: readonly Tensor[]): Promise<Ref> {
    return { contentDigest: await this.artifacts.publishTensors({ kind, attributes, tensors, provenance: PROVENANCE }) };
  }

  /** Activations of one layer "last", n × d, as a network with that many classes would leave them. */
  async activations(
    n: number,
    d: number,
    value: (row: number, channel: number) => number,
    options: { labels?: number[]; classes?: number; model?: string; images?: string } = {},
  ): Promise<Ref> {
    const { labels, classes = 2, model = `sha256:${'a'.repeat(64)}`, images = `sha256:${'b'.repeat(64)}` } = options;
    const data = Float32Array.from({ length: n * d }, (_, i) => value(Math.floor(i / d), i % d));
    const tensors: Tensor[] = [{ name: 'last', dtype: 'F32', shape: [n, d], data }];
    if (labels) tensors.push({ name: 'labels', dtype: 'I32', shape: [n], data: Int32Array.from(labels) });
    const attributes = { model, images, rows: { first: 0, count: n }, taps: ['last'], penultimate: 'last', branches: [], pooling: 'mean', classes };
    return this.publish('activations', attributes, tensors);
  }

  /** Codes, n × k, of the images of {@link activations}. */
  async codes(
    n: number,
    k: number,
    value: (row: number, feature: number) => number,
    { images = `sha256:${'b'.repeat(64)}`, first = 0 } = {},
  ): Promise<Ref> {
    const data = Float32Array.from({ length: n * k }, (_, i) => value(Math.floor(i / k), i % k));
    return this.publish('codes', { images, rows: { first, count: n }, worst_kkt_residual: 0 }, [{ name: 'z', dtype: 'F32', shape: [n, k], data }]);
  }

  /** A dictionary of k atoms of d channels. */
  async dictionary(k: number, d: number): Promise<Ref> {
    const data = Float64Array.from({ length: k * d }, (_, i) => (Math.floor(i / d) % d === i % d ? 1 : 0));
    return this.publish('dictionary', { method: 'test' }, [{ name: 'D', dtype: 'F64', shape: [k, d], data }]);
  }
}

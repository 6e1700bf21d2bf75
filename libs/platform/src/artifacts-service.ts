import { digestOf } from '@fathom/analyses';
import type { Artifact, ArtifactStore } from '@fathom/artifacts';
import { ArtifactService, type artifact } from '@fathom/contracts';
import { implement, type BoundService } from '@fathom/service-kit';
import { canonicalJson } from '@fathom/tensors';
import { pageSizeOf, pageTokenOf } from './pages.js';

/** Get and List for the artifacts of a store. */
export function artifactsService(artifacts: ArtifactStore): BoundService {
  return implement(ArtifactService, {
    getArtifact: async (request) => ({ artifact: artifactMessage(await artifacts.open(digestOf('artifact', request.artifact))) }),
    async listArtifacts({ pageSize, pageToken, kind }) {
      const size = pageSizeOf(pageSize);
      const after = pageTokenOf(pageToken, /^sha256:[0-9a-f]{64}$/);
      const page: artifact.Artifact[] = [];
      for await (const { digest } of artifacts.list()) {
        if (digest <= after) continue;
        const opened = await artifacts.open(digest);
        if (kind !== '' && opened.kind !== kind) continue;
        if (page.length === size) return { artifacts: page, nextPageToken: page.at(-1)?.artifact?.contentDigest ?? '' };
        page.push(artifactMessage(opened));
      }
      return { artifacts: page, nextPageToken: '' };
    },
  });
}

/** An artifact as clients see it. */
export function artifactMessage({ digest, kind, attributes, provenance, tensors, manifest }: Artifact): artifact.Artifact {
  const { engine } = provenance;
  return {
    artifact: { contentDigest: digest },
    kind,
    attributesJson: canonicalJson(attributes),
    tensors: Object.entries(tensors)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { dtype, shape }]) => ({ name, dtype, shape: shape.map(BigInt) })),
    provenance: {
      job: provenance.job,
      requestDigest: provenance.requestDigest,
      requestJson: canonicalJson(provenance.request),
      inputs: [...provenance.inputs],
      codeVersion: provenance.codeVersion,
      engine: engine ? `${engine.name} ${engine.version}` : '',
      determinism: provenance.determinism,
    },
    sizeBytes: BigInt(manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0)),
  };
}

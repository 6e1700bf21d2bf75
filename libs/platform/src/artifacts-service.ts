import { digestOf } from '@fathom/analyses';
import type { Artifact, ArtifactStore } from '@fathom/artifacts';
import { ArtifactService, type artifact } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import { implement, type BoundService } from '@fathom/service-kit';
import { canonicalJson } from '@fathom/tensors';
import { downloadPage } from './download-page.js';
import { pageSizeOf, pageTokenOf } from './pages.js';
import type { Platform } from './platform.js';
import { tensorPieces } from './tensor-pieces.js';

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Tells of, lists and hands out the artifacts of a store. A damaged artifact is left out of the list and logged; Get tells what is wrong with it. */
export function artifactsService({ artifacts, logger }: Pick<Platform, 'artifacts' | 'logger'>): BoundService {
  const openIfSound = async (digest: string): Promise<Artifact | undefined> => {
    try {
      return await artifacts.open(digest);
    } catch (error) {
      if (FathomError.from(error).reason !== 'CORRUPT_DATA') throw error;
      logger.error({ artifact: digest, error }, 'a damaged artifact is left out of the list');
      return undefined;
    }
  };
  const messages = new WeakMap<Artifact, artifact.Artifact>();
  const messageOf = (opened: Artifact): artifact.Artifact => {
    const message = messages.get(opened) ?? artifactMessage(opened);
    messages.set(opened, message);
    return message;
  };
  return implement(ArtifactService, {
    getArtifact: async (request) => ({ artifact: messageOf(await artifacts.look(digestOf('artifact', request.artifact))) }),
    async listArtifacts({ pageSize, pageToken, kind }) {
      const size = pageSizeOf(pageSize);
      const after = pageTokenOf(pageToken, DIGEST);
      const page: artifact.Artifact[] = [];
      for await (const digest of digestsAfter(after, artifacts)) {
        const opened = await openIfSound(digest);
        if (!opened || (kind !== '' && opened.kind !== kind)) continue;
        if (page.length === size) return { artifacts: page, nextPageToken: page.at(-1)?.artifact?.contentDigest ?? '' };
        page.push(artifactMessage(opened));
      }
      return { artifacts: page, nextPageToken: '' };
    },
    getDownload: async (request) => {
      const opened = await artifacts.open(digestOf('artifact', request.artifact));
      return { artifact: artifactMessage(opened), ...downloadPage(opened, artifacts.objects, request) };
    },
    readTensor: async function* (request) {
      yield* tensorPieces(await artifacts.open(digestOf('artifact', request.artifact)), request);
    },
  });
}

const FOLDER = 'artifacts/';

/** Content digests of all artifacts after `after`, in order, damaged ones too; `ArtifactStore.list` ends at those. */
async function* digestsAfter(after: string, { objects }: ArtifactStore): AsyncIterable<string> {
  for await (const { key } of objects.list(FOLDER)) {
    const digest = `sha256:${key.slice(FOLDER.length)}`;
    if (digest > after && DIGEST.test(digest)) yield digest;
  }
}

/** An artifact as clients see it. */
export function artifactMessage({ digest, kind, attributes, provenance, tensors, manifest }: Artifact): artifact.Artifact {
  const { engine, arithmetic } = provenance;
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
      arithmetic: arithmetic ? `${arithmetic.name} ${arithmetic.version} (${arithmetic.way})` : '',
    },
    sizeBytes: BigInt(manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0)),
  };
}

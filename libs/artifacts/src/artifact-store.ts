import { InputError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import { canonicalJson, type Json, type Tensor } from '@fathom/tensors';
import { Artifact } from './artifact.js';
import { addToCatalogue, catalogue, readManifest } from './catalogue.js';
import { storeRanges } from './column-ranges.js';
import type { DescribedPart, Manifest, Provenance, Shard, ShardRecord, TensorRecord } from './manifest.js';
import { isManifest } from './parse-manifest.js';
import { Recent, type RecentOptions } from './recent.js';
import { readPart, readResult, writePart, writeResult } from './request-records.js';
import { cutIntoShards, storeShard } from './shards.js';
import { joinShards } from './tiling.js';

/** What {@link ArtifactStore.publish} needs beside the tensors. */
export interface ArtifactHead {
  /** What it is: `activations`, `codes`, …; part of the content digest. */
  readonly kind: string;
  /** Small facts about it; part of the content digest. */
  readonly attributes: Json;
  readonly provenance: Provenance;
}

/** Artifacts, results of requests and finished parts in an object store. The layout is in this package's README. */
export class ArtifactStore {
  private readonly recent: Recent<Artifact>;

  /** @param recent how much of what was looked at is kept in memory */
  constructor(
    readonly objects: ObjectStore,
    recent?: RecentOptions,
  ) {
    this.recent = new Recent(({ manifest }) => JSON.stringify(manifest).length, recent);
  }

  /**
   * Stores rows start.. of tensors as one shard; storing it again changes nothing. The tensors may end at different rows.
   * @param start first row, a multiple of 1,024
   * @throws InputError for another start, a scalar, and naming tensor, row and column of a value that is not finite
   */
  writeShard(start: number, tensors: readonly Tensor[]): Promise<ShardRecord> {
    return storeShard(this.objects, start, tensors);
  }

  /**
   * Makes an artifact of stored shards, in any order; a shard that is given twice counts once. Where the same content is there already,
   * that artifact stays, with its provenance.
   * @returns its content digest, `sha256:<hex>`
   * @throws InputError when the shards do not hold each row of each tensor exactly once
   */
  async publish(artifact: ArtifactHead & { readonly shards: readonly ShardRecord[] }): Promise<string> {
    const { kind, attributes, provenance } = artifact;
    const shards = distinct(artifact.shards);
    const tensors = await withRanges(this.objects, shards);
    const manifest: Manifest = { format: 2, kind, attributes, tensors, shards: shards.map(withoutRanges), provenance };
    if (!isManifest(manifest))
      throw new InputError({
        field: 'artifact',
        problem: 'its description is not complete',
        value: { kind, provenance },
        accepted: 'kind, attributes, shards and every field of provenance',
      });
    return addToCatalogue(this.objects, manifest);
  }

  /** Makes an artifact of tensors in memory, cutting them into shards. @throws as {@link writeShard} */
  async publishTensors(artifact: ArtifactHead & { readonly tensors: readonly Tensor[] }): Promise<string> {
    const { kind, attributes, provenance } = artifact;
    const shards: ShardRecord[] = [];
    for (const { start, tensors } of cutIntoShards(artifact.tensors)) shards.push(await this.writeShard(start, tensors));
    return this.publish({ kind, attributes, provenance, shards });
  }

  /** @throws FathomError NOT_FOUND; CORRUPT_DATA when the manifest is damaged or describes other content */
  async open(digest: string): Promise<Artifact> {
    return new Artifact(this.objects, await readManifest(this.objects, digest));
  }

  /**
   * The artifact as it is now or was a few seconds ago, to be looked at and not to read rows of: the same object for many who ask for it
   * at once. One that was removed meanwhile may still be told. @throws as {@link open}
   */
  look(digest: string): Promise<Artifact> {
    return this.recent.get(digest, () => this.open(digest));
  }

  /** All artifacts, in the order of their digests. `bytes` counts the shards. @throws as {@link open} */
  async *list(): AsyncIterable<{ digest: string; kind: string; bytes: number }> {
    for await (const digest of catalogue(this.objects)) {
      const { kind, shards } = await readManifest(this.objects, digest);
      yield { digest, kind, bytes: shards.reduce((sum, shard) => sum + shard.bytes, 0) };
    }
  }

  /** Content digest of the artifact that a request led to; undefined while there is none. @throws FathomError CORRUPT_DATA */
  result(requestDigest: string): Promise<string | undefined> {
    return readResult(this.objects, requestDigest);
  }

  /**
   * Records the result of a request. The first stays, as long as its artifact is there.
   * @returns the content digest that is recorded now
   */
  setResult(requestDigest: string, contentDigest: string): Promise<string> {
    return writeResult(this.objects, requestDigest, contentDigest);
  }

  /** A finished part of the work on a request; undefined while there is none. @throws FathomError CORRUPT_DATA */
  part(requestDigest: string, name: string): Promise<Json | undefined> {
    return readPart(this.objects, requestDigest, name);
  }

  /** Records a finished part; the first stays. @param name as the end of a key: lower-case letters, digits and . _ - / */
  setPart(requestDigest: string, name: string, value: Json): Promise<void> {
    return writePart(this.objects, requestDigest, name, value);
  }
}

/** Each shard once, ordered by its first row. */
function distinct(shards: readonly ShardRecord[]): ShardRecord[] {
  const byText = new Map(shards.map((shard) => [canonicalJson(withoutRanges(shard)), shard]));
  const firstRow = (shard: ShardRecord): number => Math.min(...Object.values(shard.tensors).map((part) => part.start));
  return [...byText.values()].sort((a, b) => firstRow(a) - firstRow(b) || (a.key < b.key ? -1 : 1));
}

/** The tensors of shards, with the ranges of their columns stored. */
async function withRanges(objects: ObjectStore, shards: readonly ShardRecord[]): Promise<Record<string, TensorRecord>> {
  const parts = (name: string): DescribedPart[] => shards.flatMap(({ tensors }) => (Object.hasOwn(tensors, name) ? tensors[name]! : []));
  const records = Object.entries(joinShards(shards)).map(
    async ([name, tensor]) => [name, { ...tensor, ranges: await storeRanges(objects, parts(name)) }] as const,
  );
  return Object.fromEntries(await Promise.all(records));
}

/** A shard as a manifest describes it. */
function withoutRanges({ key, bytes, tensors }: ShardRecord): Shard {
  const part = ({ dtype, start, end, trailing, blockDigests }: DescribedPart) => ({ dtype, start, end, trailing, blockDigests });
  return { key, bytes, tensors: Object.fromEntries(Object.entries(tensors).map(([name, described]) => [name, part(described)])) };
}

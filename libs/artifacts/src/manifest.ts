import type { DType, Json } from '@fathom/tensors';

/** Where an artifact comes from. It is no part of the content digest: the same content may be made in several ways. */
export interface Provenance {
  /** Which job made it. */
  readonly job: string;
  /** Digest of the request in canonical form. */
  readonly requestDigest: string;
  readonly request: Json;
  /** Content digests of the artifacts it was made from. */
  readonly inputs: readonly string[];
  readonly codeVersion: string;
  /** The engine that ran the network; null where none did. */
  readonly engine: { readonly name: string; readonly version: string } | null;
  /** Who multiplied integers for it, and in which way; absent where nobody did, and in artifacts of earlier versions. Its bits do not depend on it. */
  readonly arithmetic?: { readonly name: string; readonly version: string; readonly way: string };
  /** docs/measures.md §10.1. */
  readonly determinism: 'PORTABLE' | 'ENGINE';
}

/** The part of a tensor that lies in one shard. */
export interface TensorPart {
  readonly dtype: DType;
  /** First row, a multiple of 1,024. */
  readonly start: number;
  /** The row after the last. */
  readonly end: number;
  /** The tensor's shape without its rows. */
  readonly trailing: readonly number[];
  /** SHA-256 (hex) of each block of 1,024 rows. */
  readonly blockDigests: readonly string[];
}

/** A stored shard: whole rows of one or more tensors in one safetensors file. */
export interface Shard<Part extends TensorPart = TensorPart> {
  /** Key of the object. */
  readonly key: string;
  /** Its size. */
  readonly bytes: number;
  readonly tensors: Readonly<Record<string, Part>>;
}

/** A part with what its columns hold. */
export interface DescribedPart extends TensorPart {
  /** Least value of each column; empty where there are no rows, or more than 16,384 columns. */
  readonly min: readonly number[];
  /** Greatest value of each column; empty as `min`. */
  readonly max: readonly number[];
}

/** What is known of a shard once it is stored, to publish it with. */
export type ShardRecord = Shard<DescribedPart>;

/** A tensor of an artifact, over all shards. */
export interface TensorRecord {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The tensor's digest (hex). */
  readonly digest: string;
  /** Key of the object with the least and greatest value of each column, shard by shard; null where there are no rows, or more than 16,384 columns. */
  readonly ranges: string | null;
}

/** What describes an artifact: the document that its pointer names. */
export interface Manifest {
  readonly format: 2;
  readonly kind: string;
  readonly attributes: Json;
  readonly tensors: Readonly<Record<string, TensorRecord>>;
  /** Ordered by their first row, then by key. */
  readonly shards: readonly Shard[];
  readonly provenance: Provenance;
}

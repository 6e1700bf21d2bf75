import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from './canonical-json.js';
import type { DType } from './dtype.js';
import { matrixShape } from './shape.js';
import { tensorBytes, type Tensor } from './tensor.js';

/** Rows of a block, the unit of content digests: the same however a tensor is cut into shards. */
export const BLOCK_ROWS = 1024;

/** SHA-256 in lower-case hex. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Digest of a JSON value, as `sha256:<hex>` of its canonical form. Requests are named by it. */
export function jsonDigest(value: Json): string {
  return `sha256:${sha256Hex(canonicalJson(value))}`;
}

/** What a tensor's digest is over. */
export interface TensorIdentity {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Digest (hex) of a tensor: SHA-256 of the canonical JSON of its name, dtype, shape and the digests of its blocks of 1,024 rows. */
export function tensorDigest({ name, dtype, shape }: TensorIdentity, blocks: readonly string[]): string {
  return sha256Hex(canonicalJson({ blocks, dtype, name, shape }));
}

/** Digests (hex) of the blocks of 1,024 rows of a tensor; the last block may be shorter. */
export function blockDigests(tensor: Tensor): string[] {
  const { rows } = matrixShape(tensor.shape, tensor.name);
  const digests: string[] = [];
  for (let start = 0; start < rows; start += BLOCK_ROWS) digests.push(sha256Hex(tensorBytes(tensor, start, Math.min(start + BLOCK_ROWS, rows))));
  return digests;
}

/** Content digest `sha256:<hex>` of an artifact. `tensors` maps names to tensor digests (hex). */
export function contentDigest(artifact: {
  readonly kind: string;
  readonly attributes: Json;
  readonly tensors: Readonly<Record<string, string>>;
}): string {
  const tensors = Object.keys(artifact.tensors)
    .sort()
    .map((name) => artifact.tensors[name]!);
  return jsonDigest({ attributes: artifact.attributes, kind: artifact.kind, tensors });
}

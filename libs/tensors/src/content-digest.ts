import { createHash, type Hash } from 'node:crypto';
import { InputError } from '@fathom/errors';
import { canonicalJson, type Json } from './canonical-json.js';
import { bytesPerElement, type DType } from './dtype.js';
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

/** Digest of a tensor whose bytes arrive in order, in pieces of any size. */
export class TensorDigester {
  readonly #identity: TensorIdentity;
  readonly #blockBytes: number;
  readonly #totalBytes: number;
  readonly #blocks: string[] = [];
  #hash: Hash = createHash('sha256');
  #inBlock = 0;
  #seen = 0;

  constructor(identity: TensorIdentity) {
    const { columns, elements } = matrixShape(identity.shape, identity.name);
    this.#identity = identity;
    this.#blockBytes = BLOCK_ROWS * columns * bytesPerElement(identity.dtype);
    this.#totalBytes = elements * bytesPerElement(identity.dtype);
  }

  /** Takes the next bytes. @throws InputError when they are more than the tensor has. */
  update(bytes: Uint8Array): void {
    this.#seen += bytes.length;
    if (this.#seen > this.#totalBytes) throw this.#wrongLength();
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + this.#blockBytes - this.#inBlock);
      this.#hash.update(piece);
      this.#inBlock += piece.length;
      at += piece.length;
      if (this.#inBlock === this.#blockBytes) this.#endBlock();
    }
  }

  /** The tensor's digest (hex). Ends the digester. @throws InputError when bytes are missing. */
  digest(): string {
    if (this.#seen !== this.#totalBytes) throw this.#wrongLength();
    const { rows } = matrixShape(this.#identity.shape, this.#identity.name);
    while (this.#blocks.length < Math.ceil(rows / BLOCK_ROWS)) this.#endBlock();
    return tensorDigest(this.#identity, this.#blocks);
  }

  #endBlock(): void {
    this.#blocks.push(this.#hash.digest('hex'));
    this.#hash = createHash('sha256');
    this.#inBlock = 0;
  }

  #wrongLength(): InputError {
    return new InputError({
      field: this.#identity.name,
      problem: 'wrong number of bytes',
      value: this.#seen,
      accepted: String(this.#totalBytes),
    });
  }
}

import { createHash } from 'node:crypto';
import type { Artifact } from '@fathom/artifacts';
import type { artifact as contracts } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import { bytesPerElement, matrixShape } from '@fathom/tensors';

/** Bytes of a piece: below any limit of messages that is usual, and large enough that messages cost little. */
const PIECE_BYTES = 2 ** 18;

/**
 * Rows of a tensor, in pieces.
 *
 * @throws InputError naming a tensor or rows that there are not, FathomError CORRUPT_DATA naming a shard
 */
export async function* tensorPieces(
  artifact: Artifact,
  { tensor: name, first, count }: contracts.ReadTensorRequest,
): AsyncGenerator<contracts.ReadTensorResponse> {
  const record = Object.hasOwn(artifact.tensors, name) ? artifact.tensors[name] : undefined;
  if (!record)
    throw new InputError({
      field: 'tensor',
      problem: 'names no tensor of the artifact',
      value: name,
      accepted: Object.keys(artifact.tensors).join(', ') || 'none: it has no tensors',
    });
  const { dtype, shape } = record;
  const { rows, columns } = matrixShape(shape, name);
  if (first > BigInt(rows))
    throw new InputError({ field: 'first', problem: 'lies beyond the tensor', value: String(first), accepted: `0 to ${rows}` });
  const start = Number(first);
  if (count > BigInt(rows - start))
    throw new InputError({ field: 'count', problem: 'goes beyond the tensor', value: String(count), accepted: `0 to ${rows - start}` });
  const end = count === 0n ? rows : start + Number(count);

  const hash = createHash('sha256');
  const sizes = shape.length === 0 ? [] : [end - start, ...shape.slice(1)];
  yield { tensor: { name, dtype, shape: sizes.map(BigInt) }, data: Buffer.alloc(0), sha256: '' };
  const rowsAtOnce = Math.max(1, Math.floor(PIECE_BYTES / Math.max(1, columns * bytesPerElement(dtype))));
  for (let row = start; row < end; row += rowsAtOnce) {
    const bytes = await artifact.bytes(name, row, Math.min(end, row + rowsAtOnce));
    hash.update(bytes);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      yield { tensor: undefined, data: Buffer.from(bytes.buffer, at, Math.min(PIECE_BYTES, bytes.length - at)), sha256: '' };
  }
  yield { tensor: undefined, data: Buffer.alloc(0), sha256: hash.digest('hex') };
}

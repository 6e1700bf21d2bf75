import { createHash } from 'node:crypto';
import { ArtifactStore } from '@fathom/artifacts';
import { memoryStore } from '@fathom/store';
import type { Tensor } from '@fathom/tensors';
import { tensorPieces } from './tensor-pieces.js';

const provenance = { job: 'test', requestDigest: '', request: {}, inputs: [], codeVersion: '1', engine: null, determinism: 'PORTABLE' } as const;
const values = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => (i * 7919) >>> 3);

async function artifactOf(tensor: Tensor) {
  const artifacts = new ArtifactStore(memoryStore());
  return artifacts.open(await artifacts.publishTensors({ kind: 'k', attributes: {}, provenance, tensors: [tensor] }));
}

async function piecesOf(tensor: Tensor, first: bigint, count: bigint) {
  const artifact = await artifactOf(tensor);
  const pieces = [];
  for await (const piece of tensorPieces(artifact, { artifact: undefined, tensor: tensor.name, first, count })) pieces.push(piece);
  return pieces;
}

it.each<[string, number[], bigint, bigint, number[]]>([
  ['all rows', [3000, 100], 0n, 0n, [3000, 100]],
  ['some rows', [3000, 100], 1000n, 50n, [50, 100]],
  ['the last row', [3000, 100], 2999n, 0n, [1, 100]],
  ['no rows', [3000, 100], 3000n, 0n, [0, 100]],
  ['a row that is larger than a piece', [1, 700_000], 0n, 0n, [1, 700_000]],
  ['rows of three dimensions', [10, 3, 4], 2n, 5n, [5, 3, 4]],
])('%s come as they are stored, with their shape first and their SHA-256 last', async (_what, shape, first, count, expected) => {
  const data = values(shape.reduce((a, b) => a * b, 1));
  const [head, ...rest] = await piecesOf({ name: 't', dtype: 'U8', shape, data }, first, count);
  const row = shape.slice(1).reduce((a, b) => a * b, 1);
  const wanted = data.subarray(Number(first) * row, Number(first) * row + expected[0]! * row);
  expect(head).toEqual({ tensor: { name: 't', dtype: 'U8', shape: expected.map(BigInt) }, data: Buffer.alloc(0), sha256: '' });
  expect(Buffer.concat(rest.map(({ data }) => data)).equals(wanted)).toBe(true);
  expect(rest.map(({ sha256 }) => sha256)).toEqual([...rest.slice(1).map(() => ''), createHash('sha256').update(wanted).digest('hex')]);
  expect(Math.max(...rest.map(({ data }) => data.length))).toBeLessThanOrEqual(2 ** 18);
});

it.each<[string, string, bigint, bigint, object]>([
  ['another tensor', 'u', 0n, 0n, { field: 'tensor', value: 'u', accepted: 't' }],
  ['rows beyond the last', 't', 4n, 0n, { field: 'first', value: '4', accepted: '0 to 3' }],
  ['too many rows', 't', 1n, 3n, { field: 'count', value: '3', accepted: '0 to 2' }],
])('%s is refused', async (_what, name, first, count, error) => {
  const artifact = await artifactOf({ name: 't', dtype: 'U8', shape: [3, 1], data: values(3) });
  const pieces = tensorPieces(artifact, { artifact: undefined, tensor: name, first, count });
  await expect(pieces.next()).rejects.toMatchObject({ name: 'InputError', ...error });
});

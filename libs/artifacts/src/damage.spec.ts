import { memoryStore, type ObjectStore } from '@fathom/store';
import { decodeSafetensors, encodeSafetensors, sha256Hex, sliceRows, type Tensor } from '@fathom/tensors';
import { ArtifactStore } from './artifact-store.js';
import { matrix, provenance, replaceJson } from './artifacts.fixture.js';
import { blobKey } from './blobs.js';
import type { Manifest } from './manifest.js';

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? Mutable<U>[] : T[K] extends object ? Mutable<T[K]> : T[K];
};

const z = matrix('z', 3000, 3);
const head = { kind: 'codes', attributes: { atoms: 3 }, provenance };
let objects: ObjectStore;
let store: ArtifactStore;
let digest: string;
let pointer: string;
let manifestKey: string;
let shardKeys: string[];

beforeEach(async () => {
  objects = memoryStore();
  store = new ArtifactStore(objects);
  const shards = [await store.writeShard(0, [sliceRows(z, 0, 2048)]), await store.writeShard(2048, [sliceRows(z, 2048, 3000)])];
  digest = await store.publish({ ...head, shards });
  pointer = `artifacts/${digest.slice(7)}`;
  manifestKey = blobKey((JSON.parse(Buffer.from(await objects.get(pointer)).toString()) as { manifest: string }).manifest);
  shardKeys = shards.map((shard) => shard.key);
});

const damaged = (key: string) => expect.objectContaining({ reason: 'CORRUPT_DATA', metadata: { store: 'memory', key } }) as Error;
const readAll = async () => (await store.open(digest)).rows('z').read(0, 3000);

async function flipByte(key: string, at: number): Promise<void> {
  const bytes = await objects.get(key);
  bytes[at]! ^= 1;
  await objects.put(key, bytes);
}

/** Changes the manifest as someone would who knows how digests are made: it is stored under its SHA-256, and the pointer names it. */
async function resign(change: (manifest: Mutable<Manifest>) => void): Promise<string> {
  const manifest = JSON.parse(Buffer.from(await objects.get(manifestKey)).toString()) as Mutable<Manifest>;
  change(manifest);
  const bytes = Buffer.from(JSON.stringify(manifest));
  const key = blobKey(sha256Hex(bytes));
  await objects.put(key, bytes);
  await objects.put(pointer, Buffer.from(JSON.stringify({ manifest: sha256Hex(bytes) })));
  return key;
}

/** Changes the minima and maxima, and signs them again. */
async function otherRanges(change: (values: Float64Array) => Float64Array): Promise<string> {
  const tensor = decodeSafetensors(await objects.get((await store.open(digest)).tensors['z']!.ranges!), 'ranges').get('ranges')!;
  const data = change(tensor.data as Float64Array);
  const bytes = encodeSafetensors([{ ...tensor, shape: [data.length], data }]);
  const key = blobKey(sha256Hex(bytes));
  await objects.put(key, bytes);
  await resign((manifest) => (manifest.tensors['z']!.ranges = key));
  return key;
}

/** A shard with other values, under its own SHA-256. */
async function otherShard(): Promise<{ key: string; bytes: number; tensor: Tensor }> {
  const tensor = { ...sliceRows(z, 0, 2048), data: (z.data as Float64Array).slice(0, 6144).with(5, 123) };
  const bytes = encodeSafetensors([tensor]);
  const key = blobKey(sha256Hex(bytes));
  await objects.put(key, bytes);
  return { key, bytes: bytes.length, tensor };
}

describe('damage is found', () => {
  it('in any byte of a shard, when it is read, first or again, and the shard is named', async () => {
    const { length } = await objects.get(shardKeys[1]!);
    const rows = async () => (await store.open(digest)).rows('z');
    // Its head, all of it, and bytes of both its blocks.
    for (const at of [...Array(88).keys(), 5000, length - 1]) {
      await flipByte(shardKeys[1]!, at);
      expect(await (await rows()).read(0, 2048)).toHaveLength(6144);
      await expect((await rows()).read(2040, 2050)).rejects.toEqual(damaged(shardKeys[1]!));
      await expect((await rows()).read(2040, 2050)).rejects.toThrow('is damaged: its bytes have the SHA-256 ');
      await flipByte(shardKeys[1]!, at);
    }
    expect(await readAll()).toEqual(z.data);
  });

  it.each([
    ['another blank', (head: string) => head.replace(/ $/, '\t')],
    ['another order', (head: string) => head.replace('"dtype":"F64","shape":[2048,3]', '"shape":[2048,3],"dtype":"F64"')],
  ])('in the head of a shard that still means the same: %s', async (_what, change) => {
    const bytes = await objects.get(shardKeys[0]!);
    const head = Buffer.from(bytes.subarray(8, 8 + bytes[0]!)).toString();
    expect(change(head)).not.toBe(head);
    expect(JSON.parse(change(head))).toEqual(JSON.parse(head));
    bytes.set(Buffer.from(change(head)), 8);
    await objects.put(shardKeys[0]!, bytes);
    await expect(readAll()).rejects.toThrow(`object ${shardKeys[0]} of memory is damaged: its bytes have the SHA-256 ${sha256Hex(bytes)}`);
  });

  it('in bytes of a shard that its artifact does not describe', async () => {
    const bytes = encodeSafetensors([sliceRows(z, 0, 2048), { ...sliceRows(z, 0, 1), name: 'y' }]);
    const key = blobKey(sha256Hex(bytes));
    await objects.put(key, bytes);
    await resign((manifest) => Object.assign(manifest.shards[0]!, { key, bytes: bytes.length }));
    expect(await readAll()).toEqual(z.data);
    await flipByte(key, bytes.length - 1);
    await expect(readAll()).rejects.toEqual(damaged(key));
  });

  it('again at the next reading, and not after it was repaired', async () => {
    const rows = (await store.open(digest)).rows('z');
    await flipByte(shardKeys[0]!, 100);
    for (let i = 0; i < 2; i++) await expect(rows.read(0, 1)).rejects.toEqual(damaged(shardKeys[0]!));
    await flipByte(shardKeys[0]!, 100);
    expect(await rows.read(0, 1)).toHaveLength(3);
  });

  it('in a shard that is missing or cut short', async () => {
    await objects.put(shardKeys[0]!, (await objects.get(shardKeys[0]!)).subarray(0, 1000));
    await expect(readAll()).rejects.toEqual(damaged(shardKeys[0]!));
    await objects.delete(shardKeys[0]!);
    await expect(readAll()).rejects.toThrow(`object ${shardKeys[0]} of memory is damaged: it is missing`);
  });

  it('in the minima and maxima, or where they are missing, and not after it was repaired', async () => {
    const artifact = await store.open(digest);
    const key = artifact.tensors['z']!.ranges!;
    await flipByte(key, 100);
    await expect(artifact.range('z')).rejects.toEqual(damaged(key));
    await flipByte(key, 100);
    expect((await artifact.range('z')).min).toHaveLength(3);
    await objects.delete(key);
    await expect((await store.open(digest)).range('z')).rejects.toThrow(`object ${key} of memory is damaged: it is missing`);
  });

  it('in a manifest, or where it is missing', async () => {
    await flipByte(manifestKey, 30);
    await expect(store.open(digest)).rejects.toEqual(damaged(manifestKey));
    await expect(store.list()[Symbol.asyncIterator]().next()).rejects.toEqual(damaged(manifestKey));
    await objects.delete(manifestKey);
    await expect(store.open(digest)).rejects.toEqual(damaged(pointer));
  });

  it('in the provenance, which no content digest is over', async () => {
    await replaceJson(objects, manifestKey, (manifest: Mutable<Manifest>) => void (manifest.provenance.job = 'jobs'));
    await expect(store.open(digest)).rejects.toEqual(damaged(manifestKey));
  });

  it.each(['', '{', '[]', 'null', '{}', '{"manifest":"x"}', '{"manifest":5}'])('in a pointer that reads %j', async (text) => {
    await objects.put(pointer, Buffer.from(text));
    await expect(store.open(digest)).rejects.toEqual(damaged(pointer));
  });

  it('in a pointer to another artifact', async () => {
    const other = await store.publishTensors({ ...head, kind: 'other', tensors: [z] });
    await objects.put(pointer, await objects.get(`artifacts/${other.slice(7)}`));
    await expect(store.open(digest)).rejects.toEqual(damaged(pointer));
    await expect(store.open(digest)).rejects.toThrow(`describes ${other}`);
  });
});

describe('what is damaged on its way', () => {
  /** The store, each of whose objects comes so many times with a bit turned, or cut short. */
  const unreliable = (times: number, spoil: (bytes: Uint8Array) => Uint8Array): ObjectStore => {
    const reads = new Map<string, number>();
    return {
      ...objects,
      get: async (key, options) => {
        const bytes = await objects.get(key, options);
        const read = (reads.get(key) ?? 0) + 1;
        reads.set(key, read);
        return key.startsWith('blobs/') && read <= times ? spoil(bytes) : bytes;
      },
    };
  };
  const spoilings: [string, (bytes: Uint8Array) => Uint8Array][] = [
    ['a bit was turned', (bytes) => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1)],
    ['it was cut short', (bytes) => bytes.subarray(0, bytes.length - 8)],
  ];

  it.each(spoilings)('is read once more: %s', async (_what, spoil) => {
    const artifact = await new ArtifactStore(unreliable(1, spoil)).open(digest);
    expect(await artifact.rows('z').read(0, 3000)).toEqual(z.data);
    expect((await artifact.range('z')).min).toHaveLength(3);
  });

  it.each(spoilings)('is told when it comes damaged again: %s', async (_what, spoil) => {
    await expect(new ArtifactStore(unreliable(2, spoil)).open(digest)).rejects.toEqual(damaged(manifestKey));
  });
});

describe('a manifest that was changed and signed again is found out', () => {
  it.each<[string, (manifest: Mutable<Manifest>) => void]>([
    ['its kind', (manifest) => (manifest.kind = 'other')],
    ['its attributes', (manifest) => (manifest.attributes = { atoms: 4 })],
    [
      'a block digest with its tensor',
      (manifest) => {
        const { tensors } = manifest.shards[0]!;
        tensors['z']!.blockDigests[0] = '0'.repeat(64);
        manifest.tensors['z']!.digest = '0'.repeat(64);
      },
    ],
    ['a shard left out', (manifest) => void manifest.shards.pop()],
    ['the shape', (manifest) => (manifest.tensors['z']!.shape = [3000, 3, 1])],
    ['the tensor digest', (manifest) => (manifest.tensors['z']!.digest = '0'.repeat(64))],
    ['a tensor more', (manifest) => (manifest.tensors['y'] = manifest.tensors['z']!)],
    ['a shard twice', (manifest) => void manifest.shards.push(manifest.shards[0]!)],
    ['a form that is none', (manifest) => (manifest.shards[0]!.tensors['z']!.start = '0' as unknown as number)],
    ['another format', (manifest) => (manifest.format = 1 as 2)],
    ['ranges that are no key', (manifest) => (manifest.tensors['z']!.ranges = 5 as unknown as string)],
    ['an unknown determinism', (manifest) => (manifest.provenance.determinism = 'NONE' as 'ENGINE')],
  ])('when it is opened: %s', async (_what, change) => {
    await resign(change);
    await expect(store.open(digest)).rejects.toMatchObject({ reason: 'CORRUPT_DATA' });
  });

  it.each<[string, (manifest: Mutable<Manifest>) => void]>([
    ['no minima and maxima', (manifest) => (manifest.tensors['z']!.ranges = null)],
    ['the size', (manifest) => (manifest.shards[0]!.bytes += 1)],
  ])('when its rows are read: %s', async (_what, change) => {
    await resign(change);
    await store.open(digest);
    await expect(readAll()).rejects.toEqual(damaged(shardKeys[0]!));
  });

  it.each([
    ['a minimum', 1],
    ['a maximum', 4],
  ])('when its rows are read: %s', async (_what, at) => {
    await otherRanges((values) => values.with(at, values[at]! - 1));
    await expect(readAll()).rejects.toEqual(damaged(shardKeys[0]!));
  });

  it.each<[string, (values: Float64Array) => Float64Array]>([
    ['fewer minima and maxima', (values) => values.slice(3)],
    ['one that is not finite', (values) => values.with(4, Infinity)],
  ])('when they are read: %s', async (_what, change) => {
    const key = await otherRanges(change);
    await expect(readAll()).rejects.toEqual(damaged(key));
    await expect((await store.open(digest)).range('z')).rejects.toEqual(damaged(key));
  });

  it('when its rows are read: a shard with other values, whose SHA-256 is right and whose blocks are not', async () => {
    const other = await otherShard();
    await resign((manifest) => Object.assign(manifest.shards[0]!, { key: other.key, bytes: other.bytes }));
    await expect(readAll()).rejects.toEqual(damaged(other.key));
    await expect(readAll()).rejects.toThrow('its tensor z is not the one that the manifest describes');
  });

  it('when its rows are read: a shard that is no safetensors file, or has no such tensor', async () => {
    for (const bytes of [Buffer.from('nothing of the sort'), encodeSafetensors([{ ...sliceRows(z, 0, 2048), name: 'y' }])]) {
      const key = blobKey(sha256Hex(bytes));
      await objects.put(key, bytes);
      await resign((manifest) => Object.assign(manifest.shards[0]!, { key, bytes: bytes.length }));
      await expect(readAll()).rejects.toEqual(damaged(key));
    }
  });
});

describe('what was lost is restored', () => {
  it('when the same content is published again', async () => {
    await objects.delete(manifestKey);
    await objects.delete(shardKeys[0]!);
    const shards = [await store.writeShard(0, [sliceRows(z, 0, 2048)]), await store.writeShard(2048, [sliceRows(z, 2048, 3000)])];
    expect(await store.publish({ ...head, provenance: { ...provenance, job: 'again' }, shards })).toBe(digest);
    expect(await readAll()).toEqual(z.data);
    expect((await store.open(digest)).provenance.job).toBe('again');
  });
});

describe('a document that was changed', () => {
  it('is not taken for a part', async () => {
    await store.setPart(digest, 'fold/1', { sum: 5 });
    await replaceJson(objects, `parts/${digest.slice(7)}/fold/1`, (document: { value: { sum: number } }) => void (document.value.sum = 6));
    await expect(store.part(digest, 'fold/1')).rejects.toEqual(damaged(`parts/${digest.slice(7)}/fold/1`));
  });
});

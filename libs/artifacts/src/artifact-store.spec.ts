import fc from 'fast-check';
import { FathomError } from '@fathom/errors';
import { memoryStore } from '@fathom/store';
import { blockDigests, contentDigest, sliceRows, tensorDigest, type Tensor } from '@fathom/tensors';
import { ArtifactStore } from './artifact-store.js';
import { copyArtifact } from './copy-artifact.js';
import { NO_DIGEST, matrix, provenance, watchedStore } from './artifacts.fixture.js';

const head = { kind: 'codes', attributes: { atoms: 3 }, provenance };
const z = matrix('z', 5000, 3);
const labels: Tensor = { name: 'labels', dtype: 'I32', shape: [5000], data: Int32Array.from({ length: 5000 }, (_, i) => (i * 31) % 10) };

/** Jest compares large arrays element by element, slowly. */
function sameBits(a: NodeJS.ArrayBufferView, b: NodeJS.ArrayBufferView): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

/** What the digest of z and labels must be, from @fathom/tensors alone. */
const digestOfBoth = contentDigest({
  ...head,
  tensors: { labels: tensorDigest(labels, blockDigests(labels)), z: tensorDigest(z, blockDigests(z)) },
});

describe('an artifact', () => {
  it('has the same digest and rows however it is cut into shards, in whatever order they come, and twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray([1, 2, 3, 4]), fc.boolean(), fc.nat(), fc.nat(), async (cuts, together, order, at) => {
        const store = new ArtifactStore(memoryStore());
        const starts = [0, ...cuts.map((block) => block * 1024)];
        const shards = [];
        for (const [i, start] of starts.entries()) {
          const parts = [z, labels].map((tensor) => sliceRows(tensor, start, starts[i + 1] ?? 5000));
          if (together) shards.push(await store.writeShard(start, parts));
          else for (const part of parts) shards.push(await store.writeShard(start, [part]));
        }
        const first = order % shards.length;
        const digest = await store.publish({
          ...head,
          shards: [...shards.slice(first), ...shards.slice(0, first).reverse(), shards[at % shards.length]!],
        });
        expect(digest).toBe(digestOfBoth);

        const artifact = await store.open(digest);
        const [start, end] = [at % 5001, (at * 7) % 5001].sort((a, b) => a - b) as [number, number];
        expect(sameBits(await artifact.rows('z').read(start, end), (z.data as Float64Array).slice(start * 3, end * 3))).toBe(true);
        expect(sameBits((await artifact.tensor('labels')).data, labels.data)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('says what it is', async () => {
    const store = new ArtifactStore(memoryStore());
    const digest = await store.publishTensors({ ...head, tensors: [z, labels] });
    const artifact = await store.open(digest);
    expect(artifact).toMatchObject({ digest, kind: 'codes', attributes: { atoms: 3 }, provenance });
    expect(artifact.tensors).toMatchObject({ z: { dtype: 'F64', shape: [5000, 3] }, labels: { dtype: 'I32', shape: [5000] } });
    expect(artifact.rows('z')).toMatchObject({ rows: 5000, columns: 3, name: `codes ${digest.slice(0, 19)}: z` });
    for (const shard of artifact.manifest.shards) expect(await store.objects.head(shard.key)).toEqual({ size: shard.bytes });
    expect(() => artifact.rows('y')).toThrow('has no such tensor (got y); accepted: labels, z');
    await expect(artifact.tensor('toString')).rejects.toThrow('has no such tensor');
    await expect(artifact.rows('z').read(0, 5001)).rejects.toThrow(': z: no such rows (got 0 to 5001); accepted: 0 ≤ start ≤ end ≤ 5000');
  });

  it('gives the minima and maxima of columns over all its shards', async () => {
    const store = new ArtifactStore(memoryStore());
    const shards = [await store.writeShard(0, [sliceRows(z, 0, 2048)]), await store.writeShard(2048, [sliceRows(z, 2048, 5000)])];
    const artifact = await store.open(await store.publish({ ...head, shards }));
    const columns = [0, 1, 2].map((j) => (z.data as Float64Array).filter((_, i) => i % 3 === j));
    expect(await artifact.range('z')).toEqual({
      min: Float64Array.from(columns, (column) => column.reduce((a, b) => Math.min(a, b))),
      max: Float64Array.from(columns, (column) => column.reduce((a, b) => Math.max(a, b))),
    });
  });

  it('reads each shard once when its rows are read in order, whichever of its tensors', async () => {
    const objects = watchedStore();
    const store = new ArtifactStore(objects);
    const shards = [];
    for (const start of [0, 1024, 2048, 3072, 4096])
      shards.push(
        await store.writeShard(
          start,
          [z, labels].map((tensor) => sliceRows(tensor, start, Math.min(start + 1024, 5000))),
        ),
      );
    const artifact = await store.open(await store.publish({ ...head, shards }));
    for (const name of ['z', 'labels']) await artifact.range(name);
    objects.reads.length = 0;
    for (let start = 0; start < 5000; start += 100)
      await Promise.all([artifact.rows('z').read(start, start + 100), artifact.rows('labels').read(start, start + 100)]);
    expect(objects.reads).toEqual(shards.map((shard) => shard.key));
  });

  it('is opened without what its columns hold, which is read when it is asked for, once', async () => {
    const objects = watchedStore();
    const store = new ArtifactStore(objects);
    const artifact = await store.open(await store.publishTensors({ ...head, tensors: [z, labels] }));
    const { ranges } = artifact.tensors['z']!;
    expect(objects.reads).not.toContain(ranges);
    expect(JSON.stringify(artifact.manifest)).not.toMatch(/"(min|max)"/);
    await Promise.all([artifact.range('z'), artifact.range('z'), artifact.rows('z').read(0, 1)]);
    expect(objects.reads.filter((key) => key === ranges)).toHaveLength(1);
  });

  it('is copied whole', async () => {
    const [from, to] = [new ArtifactStore(memoryStore()), new ArtifactStore(memoryStore())];
    const digest = await from.publishTensors({ ...head, tensors: [z, labels] });
    await copyArtifact(from, to, digest);
    const [original, copy] = [await from.open(digest), await to.open(digest)];
    expect(copy.manifest).toEqual(original.manifest);
    expect(await copy.rows('z').read(0, 5000)).toEqual(z.data);
    expect(await copy.range('labels')).toEqual(await original.range('labels'));
  });

  it('of many rows is cut into shards of 65,536 rows, of large rows into smaller ones', async () => {
    const store = new ArtifactStore(memoryStore());
    const long: Tensor = { name: 'long', dtype: 'U8', shape: [70_000, 2], data: new Uint8Array(140_000) };
    const wide: Tensor = { name: 'wide', dtype: 'U8', shape: [2100, 40_000], data: new Uint8Array(84_000_000) };
    const cuts = async (tensors: Tensor[]) =>
      (await store.open(await store.publishTensors({ ...head, tensors }))).manifest.shards.map((shard) =>
        Object.entries(shard.tensors).map(([name, part]) => [name, part.start, part.end]),
      );
    expect(await cuts([long, matrix('short', 10, 2)])).toEqual([
      [
        ['long', 0, 65_536],
        ['short', 0, 10],
      ],
      [['long', 65_536, 70_000]],
    ]);
    expect(await cuts([wide])).toEqual([[['wide', 0, 1024]], [['wide', 1024, 2048]], [['wide', 2048, 2100]]]);
  });

  it('may have attributes alone, tensors without rows, or one row of many columns', async () => {
    const store = new ArtifactStore(memoryStore());
    expect((await store.open(await store.publishTensors({ ...head, tensors: [] }))).tensors).toEqual({});
    const onnx: Tensor = { name: 'onnx', dtype: 'U8', shape: [1, 100_000], data: new Uint8Array(100_000).fill(7) };
    const artifact = await store.open(await store.publishTensors({ ...head, tensors: [matrix('none', 0, 4), onnx] }));
    expect(await artifact.rows('none').read(0, 0)).toEqual(new Float64Array(0));
    expect((await artifact.tensor('none')).shape).toEqual([0, 4]);
    expect(sameBits((await artifact.tensor('onnx')).data, onnx.data)).toBe(true);
    for (const name of ['none', 'onnx']) await expect(artifact.range(name)).rejects.toThrow(`${name}: has no column minima and maxima`);
  });

  it('is found in the list, and under no other digest', async () => {
    const store = new ArtifactStore(memoryStore());
    const digests = [
      await store.publishTensors({ ...head, tensors: [z] }),
      await store.publishTensors({ ...head, kind: 'labels', tensors: [labels] }),
    ];
    const listed = [];
    for await (const each of store.list()) listed.push(each);
    expect(listed.map((each) => each.digest)).toEqual([...digests].sort());
    expect(listed.map((each) => each.kind).sort()).toEqual(['codes', 'labels']);
    expect(listed.every((each) => each.bytes > 20_000)).toBe(true);
    await expect(store.open(NO_DIGEST)).rejects.toMatchObject({
      reason: 'NOT_FOUND',
      message: `there is no artifact ${NO_DIGEST} in memory`,
    });
    await expect(store.open('sha256:xyz')).rejects.toThrow('artifact: not a digest (got sha256:xyz); accepted: sha256: and 64 lower-case hex digits');
  });
});

describe('publishing', () => {
  it('the same content twice, or at once, keeps one provenance', async () => {
    const store = new ArtifactStore(memoryStore());
    const jobs = Array.from({ length: 6 }, (_, i) => `team ${i}`);
    const publish = (job: string) => store.publishTensors({ ...head, provenance: { ...provenance, job }, tensors: [z] });
    const digests = await Promise.all(jobs.map(publish));
    expect(new Set(digests).size).toBe(1);
    const winner = (await store.open(digests[0]!)).provenance.job;
    expect(jobs).toContain(winner);
    await publish('late');
    expect((await store.open(digests[0]!)).provenance.job).toBe(winner);
  });

  it('that fails for want of room leaves no artifact; it succeeds when there is room', async () => {
    for (const folder of ['blobs/', 'artifacts/']) {
      let full = true;
      const objects = watchedStore((key) => (full && key.startsWith(folder) ? new FathomError('STORE_FULL', 'no room') : undefined));
      const store = new ArtifactStore(objects);
      await expect(store.publishTensors({ ...head, tensors: [z] })).rejects.toMatchObject({ reason: 'STORE_FULL' });
      for await (const { digest } of store.list()) throw new Error(`there is ${digest}`);
      full = false;
      expect((await store.open(await store.publishTensors({ ...head, tensors: [z] }))).kind).toBe('codes');
    }
  });

  it('needs shards that hold every row exactly once', async () => {
    const store = new ArtifactStore(memoryStore());
    const shard = (start: number, end: number) => store.writeShard(start, [sliceRows(z, start, end)]);
    const publish = async (...shards: ReturnType<typeof shard>[]) => store.publish({ ...head, shards: await Promise.all(shards) });
    await expect(publish(shard(1024, 5000))).rejects.toThrow(
      'z: rows are missing between its shards (got 1024 to 5000); accepted: a shard that begins at row 0',
    );
    await expect(publish(shard(0, 1024), shard(2048, 5000))).rejects.toThrow('z: rows are missing between its shards (got 2048 to 5000)');
    await expect(publish(shard(0, 2048), shard(1024, 5000))).rejects.toThrow('z: two shards hold the same rows (got 1024 to 5000)');
    await expect(publish(shard(0, 1000), shard(1024, 5000))).rejects.toThrow('z: rows are missing between its shards');
    await expect(publish(shard(0, 1024), store.writeShard(1024, [matrix('z', 5, 4)]))).rejects.toThrow(
      'z: its shards differ in dtype or shape (got F64 [4]); accepted: F64 [3]',
    );
  });

  it('refuses attributes that JSON cannot hold, and a provenance that is not complete', async () => {
    const store = new ArtifactStore(memoryStore());
    await expect(store.publishTensors({ ...head, attributes: { alpha: NaN }, tensors: [] })).rejects.toThrow(
      'attributes.alpha: cannot be written as JSON (got NaN)',
    );
    await expect(store.publishTensors({ ...head, provenance: { ...provenance, determinism: 'MAYBE' as 'ENGINE' }, tensors: [] })).rejects.toThrow(
      'artifact: its description is not complete',
    );
  });
});

describe('a shard', () => {
  const store = new ArtifactStore(memoryStore());

  it('stored again is the same object, in whatever order its tensors are given', async () => {
    const objects = watchedStore();
    const first = await new ArtifactStore(objects).writeShard(0, [z, labels]);
    expect(await new ArtifactStore(objects).writeShard(0, [labels, z])).toEqual(first);
    expect(new Set(objects.writes)).toEqual(new Set([first.key]));
    expect(first.key).toMatch(/^blobs\/([0-9a-f]{2})\/\1[0-9a-f]{62}$/);
  });

  it.each([1, 1000, -1024, 0.5, NaN])('cannot begin at row %p', async (start) => {
    await expect(store.writeShard(start, [z])).rejects.toThrow('start: no shard can begin there');
  });

  it('needs tensors with rows, of names that differ', async () => {
    await expect(store.writeShard(0, [])).rejects.toThrow('tensors: a shard without tensors');
    await expect(store.writeShard(0, [{ name: 's', dtype: 'F32', shape: [], data: Float32Array.of(1) }])).rejects.toThrow(
      's: a scalar has no rows; accepted: at least one dimension',
    );
    await expect(store.writeShard(0, [z, z])).rejects.toThrow('is used twice (got z)');
  });

  it.each<[string, Tensor, string]>([
    [
      'F64',
      { name: 'x', dtype: 'F64', shape: [2000, 5], data: new Float64Array(10_000).with(7503, NaN) },
      'x: row 2524, column 3 is not finite (got NaN)',
    ],
    [
      'F32',
      { name: 'x', dtype: 'F32', shape: [2000, 5, 1], data: new Float32Array(10_000).with(0, -Infinity) },
      'x: row 1024, column 0 is not finite (got -Infinity)',
    ],
    ['F16', { name: 'x', dtype: 'F16', shape: [3], data: Uint16Array.of(0, 0x7c00, 0) }, 'x: row 1025, column 0 is not finite (got Infinity)'],
    ['BF16', { name: 'x', dtype: 'BF16', shape: [1, 2], data: Uint16Array.of(0, 0x7fc0) }, 'x: row 1024, column 1 is not finite (got NaN)'],
    [
      'F32 of many columns',
      { name: 'x', dtype: 'F32', shape: [2, 20_000], data: new Float32Array(40_000).with(39_999, NaN) },
      'x: row 1025, column 19999 is not finite',
    ],
  ])('of %s with a value that is not finite is refused, and nothing is stored', async (_what, tensor, message) => {
    const objects = watchedStore();
    await expect(new ArtifactStore(objects).writeShard(1024, [tensor])).rejects.toThrow(message);
    expect(objects.writes).toEqual([]);
  });
});

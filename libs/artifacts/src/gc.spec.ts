import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStore, memoryStore, openStore, type ObjectStore } from '@fathom/store';
import * as fc from 'fast-check';
// eslint-disable-next-line @nx/enforce-module-boundaries -- servers of tests, not of the library
import { describeWithServer } from '../../store/src/object-servers.fixture.js';
import { ArtifactStore } from './artifact-store.js';
import { matrix, provenance } from './artifacts.fixture.js';
import { removalOf, GC_SWEEP } from './gc-announcement.js';
import { collectGarbage, type GarbageOptions } from './gc.js';

const folder = mkdtempSync(join(tmpdir(), 'fathom-gc-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DAY = 86_400_000;
const hex = (text: string): string => Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64);
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

const options = (more: Partial<GarbageOptions> = {}): GarbageOptions => ({
  graceMs: 0,
  settleMs: 0,
  now: () => 10 * DAY,
  pause: () => Promise.resolve(),
  ...more,
});

async function keysOf(objects: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list('')) keys.push(key);
  return keys;
}

/** An artifact made from others, recorded as the result of its request. */
async function publish(objects: ObjectStore, name: string, inputs: readonly string[] = []): Promise<string> {
  const artifacts = new ArtifactStore(objects);
  const requestDigest = `sha256:${hex(name)}`;
  const digest = await artifacts.publishTensors({
    kind: 'codes',
    attributes: { name },
    tensors: [matrix('z', 3 + name.length, 2)],
    provenance: { ...provenance, requestDigest, inputs },
  });
  await artifacts.setResult(requestDigest, digest);
  return digest;
}

const study = (objects: ObjectStore, name: string, steps: readonly string[]): Promise<unknown> =>
  objects.put(
    `studies/${hex(name)}/00000001`,
    json({ spec: {}, steps: Object.fromEntries(steps.map((contentDigest, i) => [i, { result: { contentDigest } }])) }),
  );
const operation = (objects: ObjectStore, name: string, state: string, request: unknown = {}): Promise<unknown> =>
  objects.put(`operations/${hex(name)}/00000001`, json({ digest: hex(name), job: 'dictionary.fit', state, request }));

/** Opens an artifact with all that it is made of, and reads every value. */
async function readAll(objects: ObjectStore, digest: string): Promise<void> {
  const artifact = await new ArtifactStore(objects).open(digest);
  await artifact.tensor('z');
  await artifact.range('z');
  expect(await new ArtifactStore(objects).result(artifact.provenance.requestDigest)).toBe(digest);
  for (const input of artifact.provenance.inputs) await readAll(objects, input);
}

describe('in memory', () => tests(() => memoryStore(), 25));
describe('in a folder', () => tests(() => fileStore(mkdtempSync(join(folder, 'store-'))), 25));
for (const kind of ['MinIO', 'SeaweedFS'] as const)
  describeWithServer(kind, 'in a real S3 service', (server) => {
    let bucket: string;
    let count = 0;
    beforeAll(async () => void (bucket = await server.newBucket()));
    tests(() => openStore({ location: `s3://${bucket}/run/${count++}`, s3: server.access }), 4); // each run takes hundreds of calls
  });

function tests(open: () => ObjectStore, numRuns: number): void {
  it('everything that studies reach still opens and verifies, and nothing else of artifacts stays', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.array(fc.nat(9), { maxLength: 3 }), fc.boolean()), { minLength: 1, maxLength: 8 }), async (artifacts) => {
        const objects = open();
        const digests: string[] = [];
        const reached = new Set<number>();
        const inputsOf = artifacts.map(([inputs], index) => inputs.filter((input) => input < index));
        for (const [index] of artifacts.entries())
          digests.push(
            await publish(
              objects,
              `a${index}`,
              inputsOf[index]!.map((input) => digests[input]!),
            ),
          );
        const reach = (index: number): void => void (reached.add(index), inputsOf[index]!.forEach(reach));
        artifacts.forEach(([, inStudy], index) => inStudy && reach(index));
        await study(
          objects,
          's',
          digests.filter((_digest, index) => artifacts[index]![1]),
        );
        await collectGarbage(objects, options());
        for (const index of reached) await readAll(objects, digests[index]!);
        const left = (await keysOf(objects)).filter((key) => key.startsWith('artifacts/') || key.startsWith('results/'));
        expect(left).toHaveLength(2 * reached.size);
        const again = await collectGarbage(objects, options());
        expect(Object.values(again.removed).every(({ objects: count }) => count === 0)).toBe(true);
      }),
      { numRuns, seed: 4 },
    );
  });

  it('a dry run says what and how many bytes, and changes nothing', async () => {
    const objects = open();
    await publish(objects, 'gone');
    const before = await keysOf(objects);
    const { removed } = await collectGarbage(objects, options({ dryRun: true }));
    expect(removed['artifacts/']).toMatchObject({ objects: 1 });
    expect(removed['blobs/'].objects).toBe(3); // shard, ranges, manifest
    expect(removed['blobs/'].bytes).toBeGreaterThan(100);
    expect(await keysOf(objects)).toEqual(before);
  });

  describe('what is kept', () => {
    it('what was first seen to be unneeded less than the time of grace ago', async () => {
      const objects = open();
      const digest = await publish(objects, 'new');
      const run = (day: number) => collectGarbage(objects, options({ graceMs: 7 * DAY, now: () => day * DAY }));
      expect((await run(0)).waiting['artifacts/'].objects).toBe(1);
      await run(6);
      await readAll(objects, digest);
      expect((await run(7)).removed['artifacts/'].objects).toBe(1);
      await expect(new ArtifactStore(objects).open(digest)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    });

    it('what was needed in between begins anew', async () => {
      const objects = open();
      const digest = await publish(objects, 'back');
      const run = (day: number) => collectGarbage(objects, options({ graceMs: 7 * DAY, now: () => day * DAY }));
      await run(0);
      await study(objects, 's', [digest]);
      await run(6);
      await objects.delete(`studies/${hex('s')}/00000001`);
      expect((await run(8)).waiting['artifacts/'].objects).toBe(1);
      await readAll(objects, digest);
    });

    it('inputs and parts of operations that have not ended, with the blobs that the parts name; not those of ended ones', async () => {
      const objects = open();
      const artifacts = new ArtifactStore(objects);
      const input = await publish(objects, 'input');
      for (const [name, state] of [
        ['runs', 'RUNNING'],
        ['stopped', 'INTERRUPTED'],
        ['ended', 'SUCCEEDED'],
      ] as const) {
        const shard = await artifacts.writeShard(0, [matrix('z', 1 + name.length, 3)]);
        await artifacts.setPart(hex(name), 'p', { key: shard.key });
        await operation(objects, name, state, state === 'RUNNING' ? { activations: { contentDigest: input } } : {});
      }
      const { removed } = await collectGarbage(objects, options());
      expect([removed['parts/'].objects, removed['blobs/'].objects]).toEqual([1, 1]);
      await readAll(objects, input);
      for (const name of ['runs', 'stopped']) await objects.get(((await artifacts.part(hex(name), 'p')) as { key: string }).key);
    });

    it('artifacts that are named, and uploads until they expire', async () => {
      const objects = open();
      const digest = await publish(objects, 'named');
      for (const [name, expires] of [
        ['old', 9 * DAY],
        ['young', 11 * DAY],
      ] as const) {
        await objects.put(`uploads/records/${hex(name)}`, json({ files: [], expires }));
        await objects.put(`uploads/files/${hex(name)}/${hex('f')}`, json({}));
      }
      const { removed } = await collectGarbage(objects, options({ keep: [digest] }));
      expect([removed['artifacts/'].objects, removed['uploads/'].objects]).toEqual([0, 2]);
      expect((await keysOf(objects)).filter((key) => key.includes(hex('young')))).toHaveLength(2);
    });

    it('everything, where something needed cannot be read', async () => {
      const objects = open();
      const digest = await publish(objects, 'damaged');
      await study(objects, 's', [digest]);
      await publish(objects, 'other');
      await objects.put(`artifacts/${digest.slice(7)}`, json({ manifest: 'x' }));
      const before = await keysOf(objects);
      await expect(collectGarbage(objects, options())).rejects.toMatchObject({ reason: 'CORRUPT_DATA' });
      expect(await keysOf(objects)).toEqual(before);
    });
  });

  describe('while others work', () => {
    it('what is taken up during the announcement stays', async () => {
      const objects = open();
      const digest = await publish(objects, 'wanted');
      const { removed, lost } = await collectGarbage(objects, options({ pause: async () => void (await study(objects, 's', [digest])) }));
      expect([removed['artifacts/'].objects, lost]).toEqual([0, []]);
      await readAll(objects, digest);
    });

    it('a writer of the same bytes waits for the removal, and then stores them', async () => {
      const objects = open();
      const digest = await publish(objects, 'again');
      let publishing: Promise<string> | undefined;
      const pause = () => {
        publishing = publish(objects, 'again');
        return new Promise<void>((soon) => setTimeout(soon, 20));
      };
      await collectGarbage(objects, options({ pause }));
      expect(await publishing).toBe(digest);
      await readAll(objects, digest);
    });

    it('what was removed in the moment in which it was taken up is told', async () => {
      const objects = open();
      const digest = await publish(objects, 'unlucky');
      const remove = objects.delete.bind(objects);
      objects.delete = async (key) => {
        if (key.startsWith('artifacts/')) await study(objects, 's', [digest]);
        await remove(key);
      };
      expect((await collectGarbage(objects, options())).lost).toEqual([`artifacts/${digest.slice(7)}`]);
    });

    it('one removes at a time, and a removal that was broken off can be taken over', async () => {
      const objects = open();
      await publish(objects, 'gone');
      await objects.put(GC_SWEEP, json({ keys: [] }));
      await expect(collectGarbage(objects, options())).rejects.toMatchObject({
        reason: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('--take-over'),
      });
      expect((await collectGarbage(objects, options({ takeOver: true }))).removed['artifacts/'].objects).toBe(1);
      expect(await objects.head(GC_SWEEP)).toBeUndefined();
    });

    it('a writer does not wait without end for a removal that was broken off', async () => {
      const objects = open();
      await objects.put(GC_SWEEP, json({ keys: ['blobs/aa/x'] }));
      expect(await removalOf(objects, 'blobs/aa/y', { everyMs: 1, most: 3 })).toBe(false);
      await expect(removalOf(objects, 'blobs/aa/x', { everyMs: 1, most: 3 })).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    });
  });
}

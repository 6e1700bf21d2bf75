import { FathomError } from '@fathom/errors';
import { sliceRows, type Tensor } from '@fathom/tensors';
import type { Artifact } from './artifact.js';
import { ArtifactStore } from './artifact-store.js';
import { matrix, provenance, watchedStore } from './artifacts.fixture.js';
import type * as ColumnExtremes from './column-extremes.js';
import { columnExtremes } from './column-extremes.js';
import { compareOnce } from './described-shards.js';
import type { ShardRecord } from './manifest.js';

jest.mock('./column-extremes.js', () => {
  const actual = jest.requireActual<typeof ColumnExtremes>('./column-extremes.js');
  return { ...actual, columnExtremes: jest.fn(actual.columnExtremes) };
});

const SHARDS = 6;
const ROWS = SHARDS * 1024;
const head = { kind: 'codes', attributes: {}, provenance };

/** A store whose reads a test may hold up or let fail; it knows how many are under way. */
function slowStore() {
  const inner = watchedStore();
  const store = {
    ...inner,
    underWay: 0,
    mostUnderWay: 0,
    before: (_key: string): Promise<void> => Promise.resolve(),
    get: async (key: string) => {
      store.mostUnderWay = Math.max(store.mostUnderWay, ++store.underWay);
      try {
        await store.before(key);
        return await inner.get(key);
      } finally {
        store.underWay -= 1;
      }
    },
  };
  return store;
}

/** A matrix whose every shard depends on the seed: what was compared in this process is remembered. */
function seeded(name: string, seed: number): Tensor {
  const tensor = matrix(name, ROWS, 2);
  for (let start = 0; start < ROWS; start += 1024) (tensor.data as Float64Array)[start * 2] = seed;
  return tensor;
}

/** An artifact of six shards for each tensor. */
async function publish(objects: ReturnType<typeof slowStore>, seed: number, tensors: readonly string[] = ['z']) {
  const store = new ArtifactStore(objects);
  const shards: ShardRecord[] = [];
  for (const name of tensors) {
    const tensor = seeded(name, seed);
    for (let start = 0; start < ROWS; start += 1024) shards.push(await store.writeShard(start, [sliceRows(tensor, start, start + 1024)]));
  }
  const artifact = await store.open(await store.publish({ ...head, shards }));
  for (const name of tensors) await artifact.range(name);
  objects.reads.length = 0;
  const keys = (name: string) => artifact.manifest.shards.filter((shard) => name in shard.tensors).map((shard) => shard.key);
  return { store, artifact, keys };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const block = (artifact: Artifact, name: string, start: number) => artifact.rows(name).read(start, start + 512);

describe('rows read in order', () => {
  it('have the next shard on its way, and no more than that', async () => {
    const objects = slowStore();
    const { artifact, keys } = await publish(objects, 1);
    for (let start = 0; start < ROWS; start += 512) {
      await block(artifact, 'z', start);
      expect(objects.reads).toEqual(keys('z').slice(0, Math.min(SHARDS, Math.floor(start / 1024) + 2)));
      await turn();
    }
    expect(objects.mostUnderWay).toBe(2);
  });

  it('of two tensors at once are read once each, and one shard ahead between them', async () => {
    const objects = slowStore();
    const { artifact } = await publish(objects, 2, ['x', 'z']);
    for (let start = 0; start < ROWS; start += 512) {
      await Promise.all([block(artifact, 'x', start), block(artifact, 'z', start)]);
      await turn();
    }
    expect(objects.reads).toHaveLength(2 * SHARDS);
    expect(objects.mostUnderWay).toBeLessThanOrEqual(3);
  });

  it('once more from the start have nothing read again that is here', async () => {
    const objects = slowStore();
    const { artifact, keys } = await publish(objects, 9);
    for (const start of [0, 512, 1024, 1536, 0]) {
      await block(artifact, 'z', start);
      await turn();
    }
    expect(objects.reads).toEqual(keys('z').slice(0, 3));
  });

  it('that go over several shards are what is stored', async () => {
    const { artifact } = await publish(slowStore(), 3);
    const whole = seeded('z', 3).data as Float64Array;
    for (const [start, end] of [
      [0, 100],
      [100, 3000],
      [3000, 6144],
      [0, 6144],
      [1023, 1025],
    ] as const)
      expect(await artifact.rows('z').read(start, end)).toEqual(whole.slice(start * 2, end * 2));
    const into = new Float64Array(new SharedArrayBuffer(8 * 2 * 2000));
    await artifact.rows('z').readInto(500, 2500, into);
    expect([...into]).toEqual([...whole.slice(1000, 5000)]);
  });

  it('stay no longer than they are likely to be wanted: all but the last three shards are read again', async () => {
    const objects = slowStore();
    const { artifact, keys } = await publish(objects, 4);
    for (let start = 0; start < ROWS; start += 1024) await artifact.rows('z').read(start, start + 1024);
    await turn();
    objects.reads.length = 0;
    for (let i = SHARDS - 1; i >= 0; i -= 1) await artifact.rows('z').read(i * 1024 + 1, i * 1024 + 2);
    expect(objects.reads).toEqual(keys('z').slice(0, 4).reverse());
  });
});

describe('rows read from the middle onwards', () => {
  it('have nothing read ahead that nobody may want: a part of a job ends where its rows do', async () => {
    const objects = slowStore();
    const { artifact, keys } = await publish(objects, 10);
    for (const start of [1024, 1536]) await block(artifact, 'z', start);
    await turn();
    expect(objects.reads).toEqual([keys('z')[1]!]);
  });
});

describe('rows read here and there', () => {
  it('have nothing read ahead', async () => {
    const objects = slowStore();
    const { artifact, keys } = await publish(objects, 5);
    for (const i of [4, 1, 3]) await artifact.rows('z').read(i * 1024 + 5, i * 1024 + 6);
    await turn();
    expect(objects.reads).toEqual([4, 1, 3].map((i) => keys('z')[i]!));
  });
});

describe('a shard read ahead that cannot be read', () => {
  it('is told of once its rows are read, by its key, and by no one before', async () => {
    const objects = slowStore();
    const { artifact, keys } = await publish(objects, 6);
    const bytes = await objects.get(keys('z')[1]!);
    bytes[3000]! ^= 1;
    await objects.put(keys('z')[1]!, bytes);
    expect(await artifact.rows('z').read(0, 1024)).toHaveLength(2048);
    for (let i = 0; i < 5; i += 1) await turn(); // a rejection that nobody handles would end this process
    await expect(artifact.rows('z').read(1024, 1025)).rejects.toMatchObject({ reason: 'CORRUPT_DATA', metadata: { key: keys('z')[1] } });
  });

  it('is read again when its rows are: a trouble that has passed does not show', async () => {
    const objects = slowStore();
    const { artifact, keys } = await publish(objects, 7);
    objects.before = (key) => (key === keys('z')[1] ? Promise.reject(new FathomError('STORE_UNAVAILABLE', 'away')) : Promise.resolve());
    await artifact.rows('z').read(0, 1024);
    await turn();
    objects.before = () => Promise.resolve();
    expect(await artifact.rows('z').read(1024, 1025)).toHaveLength(2);
  });
});

describe('a shard', () => {
  it('that is read many times, by several readers, has its minima and maxima compared once, and its bytes every time', async () => {
    const objects = slowStore();
    const { store, artifact, keys } = await publish(objects, 8);
    jest.mocked(columnExtremes).mockClear();
    for (let i = 0; i < 4; i += 1) {
      const again = await store.open(artifact.digest);
      await again.rows('z').read(5 * 1024, 6 * 1024);
    }
    expect(objects.reads.filter((key) => key === keys('z')[5])).toHaveLength(4);
    expect(columnExtremes).toHaveBeenCalledTimes(1);
    const bytes = await objects.get(keys('z')[5]!);
    bytes[9000]! ^= 1;
    await objects.put(keys('z')[5]!, bytes);
    await expect((await store.open(artifact.digest)).rows('z').read(5 * 1024, 6 * 1024)).rejects.toMatchObject({ reason: 'CORRUPT_DATA' });
  });

  it('that does not agree with its record is compared again', async () => {
    const compare = jest.fn(() => Promise.reject(new Error('they differ')));
    for (let i = 0; i < 2; i += 1) await expect(compareOnce('description', compare)).rejects.toThrow('they differ');
    await compareOnce('description', () => Promise.resolve());
    await compareOnce('description', compare);
    expect(compare).toHaveBeenCalledTimes(2);
  });
});

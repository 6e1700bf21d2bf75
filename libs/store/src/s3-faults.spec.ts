import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { FaultProxy, type Fault, type Seen } from './fault-proxy.fixture.js';
import { isSame, manyBytes } from './object-store-contract.fixture.js';
import { describeWithServer } from './object-servers.fixture.js';
import type { ObjectStore } from './object-store.js';
import { s3Store } from './s3-store.js';
import { STORE_TROUBLE_CHANNEL } from './store-trouble.js';

const MIB = 2 ** 20;
const small = manyBytes(50_000, 1);
const large = manyBytes(11 * MIB, 2);
/** Everything but the wall clock. */
const NOT_FAKED = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;
const part = ({ method, path }: Seen): boolean => method === 'PUT' && path.includes('partNumber=2');
const completion = ({ method, path }: Seen): boolean => method === 'POST' && path.includes('uploadId=');
const put = ({ method }: Seen): boolean => method === 'PUT';
const read = ({ method }: Seen): boolean => method === 'GET';

for (const kind of ['MinIO', 'SeaweedFS'] as const)
  describeWithServer(kind, 'a store on a bad day of a real S3 service', (server) => {
    let proxy: FaultProxy;
    let store: ObjectStore;
    let direct: ObjectStore;
    let count = 0;
    let bucket: string;
    beforeAll(async () => {
      bucket = await server.newBucket();
      proxy = new FaultProxy(server.access.endpoint);
      await proxy.start();
    });
    afterAll(() => proxy.stop());
    beforeEach(async () => {
      const options = { ...server.access, bucket, prefix: `faults/${count++}`, partBytes: 5 * MIB, deadlineMs: 3000, patienceMs: 50_000 };
      store = s3Store({ ...options, endpoint: proxy.endpoint });
      direct = s3Store(options);
      await direct.put('small', small);
      await direct.put('large', large);
      proxy.clear();
    });

    const faults: [string, Fault, number?][] = [
      ['an answer of 503', { kind: 'refuse', status: 503 }, 3],
      ['an answer of 503 that names a time', { kind: 'refuse', status: 503, retryAfter: 1 }],
      ['an answer of 500', { kind: 'refuse', status: 500 }, 2],
      ['a closed connection', { kind: 'hang up' }, 2],
    ];

    it.each(faults)('heals %s', async (_what, fault, times = 1) => {
      proxy.next(fault, { times, matches: put });
      expect(await store.put('k', small)).toBe('stored');
      proxy.next(fault, { times, matches: read });
      expect(isSame(await store.get('k'), small)).toBe(true);
      proxy.next(fault, { times, matches: part });
      proxy.next(fault, { times, matches: completion });
      expect(await store.put('l', large)).toBe('stored');
      expect(isSame(await direct.get('l'), large)).toBe(true);
      expect(proxy.pending()).toBe(0);
    });

    it.each([1, -1])('goes on where the clock here jumps by %s h, and back: requests are signed with its time', async (hours) => {
      const truth = jest.now();
      jest.useFakeTimers({ now: truth + hours * 3_600_000, doNotFake: [...NOT_FAKED] });
      try {
        expect(await store.put('k', small)).toBe('stored');
        expect(isSame(await store.get('k'), small)).toBe(true);
        expect(await store.put('l', large)).toBe('stored');
        const { url } = store.presign!('k', { method: 'GET', expirySeconds: 60 });
        expect((await fetch(url)).status).toBe(200);
        jest.setSystemTime(truth);
        expect(await Promise.all(['k', 'l', 'm'].map((key) => store.head(key)))).toEqual([{ size: small.length }, { size: large.length }, undefined]);
      } finally {
        jest.useRealTimers();
      }
    });

    it('tells of every call that is made again, and of no other', async () => {
      const told: unknown[] = [];
      const hear = (trouble: unknown): void => void told.push(trouble);
      subscribe(STORE_TROUBLE_CHANNEL, hear);
      proxy.next({ kind: 'refuse', status: 503 }, { times: 2, matches: put });
      await store.put('k', small);
      await store.get('k');
      unsubscribe(STORE_TROUBLE_CHANNEL, hear);
      const trouble = { store: proxy.endpoint, doing: 'storing k', problem: 'SlowDown: the proxy refuses' };
      expect(told).toEqual([trouble, trouble]);
    });

    it.each<[string, Fault]>([
      ['stalls', { kind: 'stall', after: 1000 }],
      ['is cut short', { kind: 'cut', after: 1000 }],
    ])('reads again what %s', async (_what, fault) => {
      proxy.next(fault, { matches: read });
      expect(isSame(await store.get('small'), small)).toBe(true);
      proxy.next(fault, { matches: read });
      proxy.next(fault, { matches: read });
      expect(isSame(await store.get('large'), large)).toBe(true);
      expect(proxy.pending()).toBe(0);
    });

    it('reads again what came with a bit turned, and says so when it comes that way twice', async () => {
      proxy.next({ kind: 'flip', at: 777 }, { matches: read });
      expect(isSame(await store.get('small'), small)).toBe(true);
      proxy.next({ kind: 'flip', at: 777 }, { matches: read, times: 2 });
      await expect(store.get('small')).rejects.toMatchObject({ reason: 'CORRUPT_DATA' });
    });

    it('never stores bytes that were turned on their way', async () => {
      proxy.next({ kind: 'flip sent', at: 777 }, { matches: put });
      expect(await store.put('k', small)).toBe('stored');
      expect(isSame(await direct.get('k'), small)).toBe(true);
      proxy.next({ kind: 'flip sent', at: 777 }, { matches: part });
      expect(await store.put('l', large)).toBe('stored');
      expect(isSame(await direct.get('l'), large)).toBe(true);
      expect(proxy.pending()).toBe(0);
    });

    it.each(['k', 'l'])('knows its own object (%s) when the answer was lost', async (key) => {
      const bytes = key === 'k' ? small : large;
      proxy.next(
        { kind: 'lose the answer' },
        { matches: (seen) => (key === 'k' ? put(seen) : completion(seen) || (put(seen) && !part(seen) && !seen.path.includes('partNumber'))) },
      );
      expect(await store.put(key, bytes, { ifAbsent: true })).toBe('stored');
      expect(proxy.pending()).toBe(0);
      expect(isSame(await direct.get(key), bytes)).toBe(true);
      expect(await store.put(key, bytes, { ifAbsent: true })).toBe('present');
    });

    it('waits for a service that is away for some seconds', async () => {
      await store.head('small');
      await proxy.stop();
      const calls = [store.get('large'), store.put('k', large), store.put('s', small, { ifAbsent: true }), store.head('small')];
      await new Promise((later) => setTimeout(later, 2000));
      await proxy.start();
      const [got, ...others] = await Promise.all(calls);
      expect(isSame(got as Uint8Array, large)).toBe(true);
      expect(others).toEqual(['stored', 'stored', { size: small.length }]);
      expect(isSame(await direct.get('k'), large)).toBe(true);
    });

    it('gives up in the end, and leaves nothing half-written', async () => {
      const impatient = s3Store({ ...server.access, endpoint: proxy.endpoint, bucket, prefix: 'given-up', partBytes: 5 * MIB, patienceMs: 300 });
      proxy.next({ kind: 'refuse', status: 503 }, { times: 100, matches: (seen) => part(seen) || put(seen) });
      const failed = { reason: 'STORE_UNAVAILABLE', metadata: expect.objectContaining({ code: 'SlowDown' }) as object };
      await expect(impatient.put('l', large)).rejects.toMatchObject(failed);
      await expect(impatient.put('k', small)).rejects.toMatchObject(failed);
      proxy.clear();
      expect(await impatient.head('l')).toBeUndefined();
      expect(await impatient.head('k')).toBeUndefined();
      await proxy.stop();
      await expect(impatient.get('l')).rejects.toMatchObject({
        reason: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('ECONNREFUSED') as string,
      });
      await proxy.start();
    });

    it('finds everything again after the service was killed', async () => {
      await store.head('small');
      await server.kill();
      const [outcome] = await Promise.all([store.put('k', small), server.start()]);
      expect(outcome).toBe('stored');
      expect(isSame(await store.get('large'), large)).toBe(true);
    });
  });

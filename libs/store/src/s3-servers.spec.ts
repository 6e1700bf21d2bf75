import { Client } from 'minio';
import { describeObjectStore, isSame, manyBytes } from './object-store-contract.fixture.js';
import { describeWithServer } from './object-servers.fixture.js';
import type { ObjectStore, PresignedRequest } from './object-store.js';
import { s3Store } from './s3-store.js';

const MIB = 2 ** 20;
const bytes = Uint8Array.of(1, 2, 3);

/** As anyone would who knows the request and nothing else. */
function make({ method, url, headers }: PresignedRequest, body?: Uint8Array, more: Record<string, string> = {}): Promise<Response> {
  const { 'content-length': _length, ...rest } = headers;
  return fetch(url, { method, headers: { ...rest, ...more }, ...(body === undefined ? {} : { body: Buffer.from(body) }) });
}

for (const kind of ['MinIO', 'SeaweedFS'] as const)
  describeWithServer(kind, 'a store in a real S3 service', (server) => {
    let bucket: string;
    let count = 0;
    let store: ObjectStore;
    const open = (): ObjectStore => s3Store({ ...server.access, bucket, prefix: `run/${count++}`, partBytes: 5 * MIB });
    beforeAll(async () => {
      bucket = await server.newBucket();
    });
    beforeEach(() => {
      store = open();
    });

    describeObjectStore('store in a bucket', async () => open(), { runs: 5, keys: 1203 });

    it('decides between writers that all found nothing', async () => {
      // Each with a store of its own, as in several processes.
      for (let round = 0; round < 10; round++) {
        const prefix = `races/${round}`;
        const contents = Array.from({ length: 16 }, (_, i) => manyBytes(1000 + i, i));
        const outcomes = await Promise.all(
          contents.map((content) => s3Store({ ...server.access, bucket, prefix }).put('race', content, { ifAbsent: true })),
        );
        expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
        expect(await s3Store({ ...server.access, bucket, prefix }).get('race')).toEqual(contents[outcomes.indexOf('stored')]);
      }
    });

    it('leaves no parts behind when it is told to stop', async () => {
      const { hostname, port } = new URL(server.access.endpoint);
      const client = new Client({ endPoint: hostname, port: Number(port), useSSL: false, ...server.access });
      const unfinished = async (): Promise<string[]> => {
        const names: string[] = [];
        for await (const { key } of client.listIncompleteUploads(bucket, '', true) as AsyncIterable<{ key: string }>) names.push(key);
        return names;
      };
      const stop = new AbortController();
      const call = store.put('stopped', manyBytes(40 * MIB, 1), { signal: stop.signal });
      while ((await unfinished()).length === 0) await new Promise((soon) => setTimeout(soon, 5));
      stop.abort();
      await expect(call).rejects.toMatchObject({ reason: 'CANCELLED' });
      // A part that was on its way may come after the service was told.
      for (let i = 0; i < 50 && (await unfinished()).length > 0; i++) await new Promise((soon) => setTimeout(soon, 100));
      expect(await unfinished()).toEqual([]);
      expect(await store.head('stopped')).toBeUndefined();
    });

    it('says that credentials are wrong, or the bucket missing', async () => {
      await expect(s3Store({ ...server.access, bucket, secretKey: 'wrong' }).put('k', bytes)).rejects.toMatchObject({
        reason: expect.stringMatching(/STORE_UNAVAILABLE|STORE_READ_ONLY/) as string,
      });
      await expect(s3Store({ ...server.access, bucket: 'no-such-bucket-here' }).get('k')).rejects.toMatchObject({
        reason: expect.stringMatching(/STORE_UNAVAILABLE|NOT_FOUND/) as string,
      });
    });

    it('lets anyone read one object who has its URL, and nothing else with it', async () => {
      const large = manyBytes(6 * MIB, 3);
      await store.put('a/b', large);
      await store.put('a/c', bytes);
      const request = store.presign!('a/b', { method: 'GET', expirySeconds: 60 });
      expect(request.headers).toEqual({});
      expect(isSame(new Uint8Array(await (await make(request)).arrayBuffer()), large)).toBe(true);
      expect((await make({ ...request, url: request.url.replace('/a/b?', '/a/c?') })).status).toBe(403);
      expect((await make({ ...request, method: 'PUT' }, bytes)).status).toBe(403);
      expect((await make({ ...request, url: request.url.replace('X-Amz-Expires=60', 'X-Amz-Expires=61') })).status).toBe(403);
    });

    it('refuses a URL after its time', async () => {
      await store.put('k', bytes);
      const request = store.presign!('k', { method: 'GET', expirySeconds: 1 });
      await new Promise((later) => setTimeout(later, 2100));
      expect((await make(request)).status).toBe(403);
    });

    it('lets anyone write one object who has its URL, of the size and bytes that it names', async () => {
      const sha256 = '039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81';
      const request = store.presign!('k', { method: 'PUT', expirySeconds: 60, size: 3, sha256 });
      expect(request.headers).toEqual({ 'content-length': '3', 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') });
      expect((await make(request, Uint8Array.of(1, 2, 3, 4))).ok).toBe(false);
      expect((await make(request, Uint8Array.of(1, 2, 4))).ok).toBe(false);
      expect(await store.head('k')).toBeUndefined();
      expect((await make(request, bytes)).ok).toBe(true);
      expect(await store.get('k')).toEqual(bytes);
      const any = store.presign!('any', { method: 'PUT', expirySeconds: 60 });
      expect((await make(any, Uint8Array.of(7))).ok).toBe(true);
      expect(await store.get('any')).toEqual(Uint8Array.of(7));
    });
  });

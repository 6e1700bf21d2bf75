import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'minio';
import { describeObjectStore } from './object-store-contract.fixture.js';
import { s3Store } from './s3-store.js';

const { FATHOM_TEST_S3_ENDPOINT: endpoint, FATHOM_TEST_S3_ACCESS_KEY: accessKey = '', FATHOM_TEST_S3_SECRET_KEY: secretKey = '' } = process.env;
const bytes = Uint8Array.of(1, 2, 3);

if (endpoint === undefined) {
  const line = 'the store in a real S3 service: set FATHOM_TEST_S3_ENDPOINT, FATHOM_TEST_S3_ACCESS_KEY and FATHOM_TEST_S3_SECRET_KEY';
  it('a real S3 service is left out where there is none, and that is recorded', () => {
    const record = process.env['FATHOM_LEFT_OUT'];
    if (record === undefined) return;
    appendFileSync(record, `${line}\n`);
    expect(readFileSync(record, 'utf8')).toContain(line);
  });
} else {
  // A service for tests: its buckets stay.
  const bucket = `fathom-test-${randomUUID()}`;
  const url = new URL(endpoint);
  const client = new Client({ endPoint: url.hostname, port: Number(url.port), useSSL: url.protocol === 'https:', accessKey, secretKey });
  beforeAll(() => client.makeBucket(bucket));
  let count = 0;
  const access = { endpoint, accessKey, secretKey, bucket };
  describeObjectStore('store in a bucket', () => Promise.resolve(s3Store({ ...access, prefix: `run/${count++}` })), {
    runs: 5,
  });

  it('more than a page of objects is listed in order', async () => {
    const store = s3Store({ ...access, prefix: 'pages' });
    const keys = Array.from({ length: 1203 }, (_, i) => `k/${i}`);
    for (let i = 0; i < keys.length; i += 50) await Promise.all(keys.slice(i, i + 50).map((key) => store.put(key, bytes)));
    const listed: string[] = [];
    for await (const { key } of store.list('k/')) listed.push(key);
    expect(listed).toEqual(keys.sort());
  });

  it('wrong credentials and a missing bucket are said', async () => {
    await expect(s3Store({ ...access, secretKey: 'wrong' }).put('k', bytes)).rejects.toMatchObject({
      reason: expect.stringMatching(/STORE_UNAVAILABLE|STORE_READ_ONLY/) as string,
    });
    await expect(s3Store({ ...access, bucket: 'no-such-bucket-here' }).put('k', bytes)).rejects.toMatchObject({
      reason: 'STORE_UNAVAILABLE',
    });
  });
}

/** One answer of the service below: a status, an S3 error code, or silence. */
type Answer = { readonly status: number; readonly code?: string; readonly body?: Uint8Array; readonly cutOff?: boolean } | 'silence' | 'hang up';

/** Something that answers as an S3 service may on a bad day. It shows what our side does, not that S3 works. */
class BadDay {
  readonly requests: string[] = [];
  readonly conditions: (string | undefined)[] = [];
  readonly #server = http.createServer((request, response) => {
    this.requests.push(request.method ?? '');
    if (request.method === 'PUT') this.conditions.push(request.headers['if-none-match']);
    request.resume();
    request.on('end', () => this.#answer(this.answers.shift() ?? { status: 200 }, request.method ?? '', response));
  });
  answers: Answer[] = [];

  #answer(answer: Answer, method: string, response: http.ServerResponse): void {
    if (answer === 'silence') return;
    if (answer === 'hang up') return void response.destroy();
    const body =
      answer.code === undefined
        ? (answer.body ?? new Uint8Array(0))
        : Buffer.from(`<Error><Code>${answer.code}</Code><Message>said so</Message></Error>`);
    response.writeHead(answer.status, { 'content-length': body.length, etag: '"x"', 'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT' });
    if (!answer.cutOff) return void response.end(method === 'HEAD' ? undefined : body);
    response.write(body.subarray(0, 1));
    setTimeout(() => response.destroy(), 20);
  }

  async start(): Promise<string> {
    await new Promise<void>((ready) => this.#server.listen(0, '127.0.0.1', ready));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((done) => this.#server.close(() => done()));
  }
}

describe('a store in a bucket on a bad day', () => {
  const service = new BadDay();
  let store: ReturnType<typeof s3Store>;
  let address: string;
  const make = (options: { attempts?: number; deadlineMs?: number } = {}) =>
    s3Store({ endpoint: address, accessKey: 'key', secretKey: 'secret', bucket: 'bucket', ...options });
  beforeAll(async () => {
    address = await service.start();
  });
  afterAll(() => service.stop());
  beforeEach(() => {
    service.requests.length = 0;
    service.conditions.length = 0;
    service.answers = [];
    store = make({ attempts: 3 });
  });

  it('tries again when the service is busy or hangs up', async () => {
    service.answers = [{ status: 503, code: 'SlowDown' }, 'hang up', { status: 200 }];
    expect(await store.put('k', bytes)).toBe('stored');
    expect(service.requests).toEqual(['PUT', 'PUT', 'PUT']);
  });

  it('gives up after its attempts', async () => {
    service.answers = ['hang up', 'hang up', 'hang up', { status: 200 }];
    await expect(store.put('k', bytes)).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    expect(service.requests).toHaveLength(3);
  });

  it('gives up when no answer comes within its deadline', async () => {
    service.answers = ['silence', 'silence'];
    await expect(make({ attempts: 2, deadlineMs: 100 }).put('k', bytes)).rejects.toMatchObject({
      reason: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('did not answer within 100 ms, storing k (2 attempts)') as string,
    });
    expect(service.requests).toHaveLength(2);
  });

  it('reads again when the bytes end too early', async () => {
    service.answers = [
      { status: 200, body: bytes, cutOff: true },
      { status: 200, body: bytes },
    ];
    expect(await store.get('k')).toEqual(bytes);
  });

  it('stops at once when it is told to', async () => {
    service.answers = ['silence'];
    const stop = new AbortController();
    const call = store.put('k', bytes, { signal: stop.signal });
    while (service.requests.length === 0) await new Promise((soon) => setTimeout(soon, 5));
    stop.abort();
    await expect(call).rejects.toMatchObject({ reason: 'CANCELLED' });
    expect(service.requests).toHaveLength(1);
  });

  it.each([
    [507, 'XMinioStorageFull', 'STORE_FULL'],
    [403, 'AccessDenied', 'STORE_READ_ONLY'],
    [404, 'NoSuchBucket', 'STORE_UNAVAILABLE'],
    [403, 'SignatureDoesNotMatch', 'STORE_UNAVAILABLE'],
  ])('does not try again what cannot succeed: %i %s is %s', async (status, code, reason) => {
    service.answers = [{ status, code }];
    await expect(store.put('k', bytes)).rejects.toMatchObject({ reason, metadata: { code } });
    expect(service.requests).toEqual(['PUT']);
  });

  it('asks for absence, and believes the service that the object is there', async () => {
    service.answers = [
      { status: 404, code: 'NotFound' },
      { status: 412, code: 'PreconditionFailed' },
    ];
    expect(await store.put('k', bytes, { ifAbsent: true })).toBe('present');
    expect(service.conditions).toEqual(['*']);
  });

  it.each<[string, Uint8Array, string]>([
    ['ours', bytes, 'stored'],
    ['of another', Uint8Array.of(9), 'present'],
  ])('after a lost answer, takes the object that is there for its own only if it is: %s', async (_whose, there, outcome) => {
    service.answers = [{ status: 404, code: 'NotFound' }, 'hang up', { status: 412, code: 'PreconditionFailed' }, { status: 200, body: there }];
    expect(await store.put('k', bytes, { ifAbsent: true })).toBe(outcome);
  });

  it('does without the condition where the service does not know it', async () => {
    service.answers = [
      { status: 404, code: 'NotFound' },
      { status: 501, code: 'NotImplemented' },
      { status: 404, code: 'NotFound' },
      { status: 200 },
    ];
    expect(await store.put('k', bytes, { ifAbsent: true })).toBe('stored');
    expect(service.conditions).toEqual(['*', undefined]);
  });

  it('gives up where the service does not know a put without a condition either', async () => {
    const notImplemented = { status: 501, code: 'NotImplemented' };
    service.answers = [notImplemented];
    await expect(store.put('k', bytes)).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    expect(service.requests).toEqual(['PUT']);
    const absent = { status: 404, code: 'NotFound' };
    service.answers = [absent, notImplemented, absent, notImplemented];
    await expect(store.put('k', bytes, { ifAbsent: true })).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    expect(service.conditions).toEqual([undefined, '*', undefined]);
  });

  const page = (truncated: boolean, ...names: string[]): Answer => {
    const contents = names.map((name) => `<Contents><Key>${name}</Key><Size>3</Size></Contents>`).join('');
    const text = `<ListBucketResult><IsTruncated>${truncated}</IsTruncated>${contents}</ListBucketResult>`;
    return { status: 200, body: Buffer.from(text) };
  };
  const listed = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    return keys;
  };

  it('passes over names that are no keys, also where a whole page holds nothing else', async () => {
    service.answers = [page(true, 'Foreign', 'folder/', '_x'), page(true, 'a', 'a/.hidden'), page(false, 'b')];
    expect(await listed()).toEqual(['a', 'b']);
    expect(service.requests).toHaveLength(3);
  });

  it('says so where a list is cut short and does not go on', async () => {
    service.answers = [page(true)];
    await expect(listed()).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE', message: expect.stringContaining('cut the list short') as string });
  });

  it('says that nothing listens', async () => {
    await expect(
      s3Store({ endpoint: 'http://127.0.0.1:1', accessKey: 'a', secretKey: 'b', bucket: 'bucket', attempts: 1 }).get('k'),
    ).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE', message: expect.stringContaining('ECONNREFUSED') as string });
  });
});

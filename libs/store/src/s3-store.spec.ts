import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Options } from './s3-options.js';
import { s3Store } from './s3-store.js';

const bytes = Uint8Array.of(1, 2, 3);

/** One answer of the service below: a status, an S3 error code, or silence. */
type Answer =
  | {
      readonly status: number;
      readonly code?: string;
      readonly body?: Uint8Array;
      readonly cutOff?: boolean;
      readonly headers?: Record<string, string>;
    }
  | 'silence'
  | 'hang up';

/** Something that answers as an S3 service may on a bad day. It shows what our side does, not that S3 works. */
class BadDay {
  readonly requests: string[] = [];
  readonly conditions: (string | undefined)[] = [];
  /** What the last put says of itself. */
  id = '';
  readonly #server = http.createServer((request, response) => {
    this.requests.push(request.method ?? '');
    if (request.method === 'PUT') {
      this.conditions.push(request.headers['if-none-match']);
      this.id = String(request.headers['x-amz-meta-fathom-put']);
    }
    request.resume();
    request.on('end', () => this.#answer(this.#next(), request.method ?? '', response));
  });
  answers: (Answer | (() => Answer))[] = [];

  #next(): Answer {
    const next = this.answers.shift() ?? { status: 200 };
    return typeof next === 'function' ? next() : next;
  }

  #answer(answer: Answer, method: string, response: http.ServerResponse): void {
    if (answer === 'silence') return;
    if (answer === 'hang up') return void response.destroy();
    const body =
      answer.code === undefined
        ? (answer.body ?? new Uint8Array(0))
        : Buffer.from(`<Error><Code>${answer.code}</Code><Message>said so</Message></Error>`);
    const always = { 'content-length': body.length, etag: '"x"', 'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT' };
    response.writeHead(answer.status, { ...always, ...answer.headers });
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
  const make = (options: Partial<S3Options> = {}) =>
    s3Store({ endpoint: address, accessKey: 'key', secretKey: 'secret', bucket: 'bucket', patienceMs: 0, ...options });
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

  it.each([
    ['ours', () => service.id, 'stored'],
    ['of another', () => 'another', 'present'],
  ])('after a lost answer, takes the object that is there for its own only if it is: %s', async (_whose, id, outcome) => {
    const there = (): Answer => ({ status: 200, headers: { 'x-amz-meta-fathom-put': id() } });
    service.answers = [{ status: 404, code: 'NotFound' }, 'hang up', { status: 412, code: 'PreconditionFailed' }, there];
    expect(await store.put('k', bytes, { ifAbsent: true })).toBe(outcome);
  });

  it('waits as long as the service asks for', async () => {
    service.answers = [{ status: 503, code: 'SlowDown', headers: { 'retry-after': '1' } }];
    const start = performance.now();
    expect(await make({ patienceMs: 5000 }).put('k', bytes)).toBe('stored');
    expect(performance.now() - start).toBeGreaterThan(990);
  });

  it('gives up at once when the service asks for more time than there is', async () => {
    service.answers = [{ status: 503, code: 'SlowDown', headers: { 'retry-after': '3600' } }];
    await expect(make({ patienceMs: 5000 }).put('k', bytes)).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE', metadata: { code: 'SlowDown' } });
    expect(service.requests).toHaveLength(1);
  });

  it('waits for a service that has answered before, and not for one that never did', async () => {
    const patient = make({ attempts: 2, patienceMs: 60_000 });
    service.answers = ['hang up', 'hang up'];
    await expect(patient.put('k', bytes)).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    await patient.put('k', bytes);
    service.answers = ['hang up', 'hang up', 'hang up', 'hang up'];
    expect(await patient.put('k', bytes)).toBe('stored');
  });

  it('reads from a service that knows no ranges', async () => {
    const body = Uint8Array.of(1, 2, 3, 4, 5);
    service.answers = [
      { status: 200, body },
      { status: 200, body },
    ];
    expect(await store.get('k', { offset: 1, length: 3 })).toEqual(Uint8Array.of(2, 3, 4));
    expect(await store.get('k')).toEqual(body);
  });

  it('sees bytes that are not those that were stored, reads them once more, and says so', async () => {
    const sha256 = '039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81';
    const answer = (body: Uint8Array): Answer => ({ status: 200, body, headers: { 'x-amz-meta-fathom-sha256': sha256 } });
    service.answers = [answer(Uint8Array.of(1, 2, 4)), answer(bytes)];
    expect(await store.get('k')).toEqual(bytes);
    service.answers = [answer(Uint8Array.of(1, 2, 4)), answer(Uint8Array.of(1, 2, 4)), answer(bytes)];
    await expect(store.get('k')).rejects.toMatchObject({ reason: 'CORRUPT_DATA', message: expect.stringContaining('reading k') as string });
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

describe('a presigned request', () => {
  const store = s3Store({
    ...{ endpoint: 'http://store:9000', publicEndpoint: 'https://files.example.org', accessKey: 'key', secretKey: 'secret', bucket: 'bucket' },
    ...{ pathStyle: false, sessionToken: 'a/b', prefix: 'p' },
  });

  it('names the address that clients reach, the bucket in the host, and what was signed', () => {
    const { url } = store.presign!('k', { method: 'PUT', expirySeconds: 5, size: 7 });
    expect(url).toMatch(
      /^https:\/\/bucket\.files\.example\.org\/p\/k\?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=key%2F\d{8}%2Fus-east-1%2Fs3/,
    );
    expect(url).toMatch(/&X-Amz-Expires=5&X-Amz-Security-Token=a%2Fb&X-Amz-SignedHeaders=content-length%3Bhost&X-Amz-Signature=[0-9a-f]{64}$/);
    expect(url).not.toContain('secret');
  });

  it.each([
    ['method', { method: 'DELETE' as 'GET', expirySeconds: 5 }],
    ['expirySeconds', { method: 'GET' as const, expirySeconds: 0 }],
    ['expirySeconds', { method: 'GET' as const, expirySeconds: 604_801 }],
    ['size', { method: 'GET' as const, expirySeconds: 5, size: 1 }],
    ['size', { method: 'PUT' as const, expirySeconds: 5, size: -1 }],
    ['sha256', { method: 'PUT' as const, expirySeconds: 5, sha256: 'abc' }],
  ])('is refused for a wrong %s: %j', (field, options) => {
    expect(() => store.presign!('k', options)).toThrow(expect.objectContaining({ reason: 'INVALID_INPUT', field }) as Error);
  });

  it('is refused for what is no key', () => {
    expect(() => store.presign!('../k', { method: 'GET', expirySeconds: 5 })).toThrow(expect.objectContaining({ field: 'key' }) as Error);
  });
});

import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { FathomError } from '@fathom/errors';
import type { ObjectStore } from './object-store.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  );

const reasonOf = (thrown: unknown): unknown => (thrown as FathomError).reason;

/** Bytes that repeat nowhere; no two seeds give the same. */
export function manyBytes(count: number, seed: number): Uint8Array {
  return new Uint8Array(createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(count)));
}

/** As toEqual, in a thousandth of its time. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** What holds for every store. `empty` gives a new store without objects; `keys` are more than it lists in a page, where it knows pages. */
export function describeObjectStore(
  name: string,
  empty: () => Promise<ObjectStore>,
  options: { readonly runs: number; readonly keys?: number } = { runs: 50 },
): void {
  const keysOf = async (store: ObjectStore, prefix = ''): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    return keys;
  };

  describe(`a ${name}`, () => {
    let store: ObjectStore;
    beforeEach(async () => {
      store = await empty();
    });

    it('gives back what was put, also nothing at all', async () => {
      expect(await store.put('a/b', text('one'))).toBe('stored');
      expect(await store.put('empty', new Uint8Array(0))).toBe('stored');
      expect(await store.get('a/b')).toEqual(text('one'));
      expect(await store.get('empty')).toEqual(new Uint8Array(0));
      expect(await store.head('a/b')).toEqual({ size: 3 });
      expect(await store.put('a/b', text('three'))).toBe('stored');
      expect(await store.get('a/b')).toEqual(text('three'));
    });

    it('stores a view, not the buffer under it, and gives bytes that the caller owns', async () => {
      const bytes = text('xxhixx').subarray(2, 4);
      await store.put('k', bytes);
      bytes.fill(0);
      (await store.get('k')).fill(1);
      expect(await store.get('k')).toEqual(text('hi'));
    });

    it('gives ranges, and refuses those that are not inside', async () => {
      await store.put('k', text('012345'));
      expect(await store.get('k', { offset: 2, length: 3 })).toEqual(text('234'));
      expect(await store.get('k', { offset: 4 })).toEqual(text('45'));
      expect(await store.get('k', { length: 2 })).toEqual(text('01'));
      expect(await store.get('k', { offset: 6 })).toEqual(new Uint8Array(0));
      expect(await store.get('k', { offset: 1, length: 0 })).toEqual(new Uint8Array(0));
      for (const range of [{ offset: 7 }, { offset: 5, length: 2 }, { offset: -1, length: 1 }, { length: -1 }, { offset: 0.5 }])
        expect(await failure(store.get('k', range))).toMatchObject({ reason: 'INVALID_INPUT', field: 'k' });
    });

    it('says that an object is not there', async () => {
      const thrown = await failure(store.get('no/such'));
      expect(thrown).toBeInstanceOf(FathomError);
      expect(thrown).toMatchObject({ reason: 'NOT_FOUND', metadata: { key: 'no/such', store: store.name } });
      expect(await failure(store.get('no/such', { offset: 1, length: 1 }))).toMatchObject({ reason: 'NOT_FOUND' });
      expect(await store.head('no/such')).toBeUndefined();
      expect(await store.delete('no/such')).toBeUndefined();
      await store.put('no/such/one', text('x'));
      expect(await store.head('no/such')).toBeUndefined();
      expect(await failure(store.get('no/such'))).toMatchObject({ reason: 'NOT_FOUND' });
    });

    it('leaves what is there, when asked to', async () => {
      expect(await store.put('k', text('first'), { ifAbsent: true })).toBe('stored');
      expect(await store.put('k', text('second'), { ifAbsent: true })).toBe('present');
      expect(await store.get('k')).toEqual(text('first'));
      await store.delete('k');
      expect(await store.put('k', text('third'), { ifAbsent: true })).toBe('stored');
      expect(await store.get('k')).toEqual(text('third'));
    });

    it('lets exactly one of many writers of a key win, and keeps its bytes', async () => {
      const contents = Array.from({ length: 12 }, (_, i) => text(`${i}`.repeat(5000)));
      const outcomes = await Promise.all(contents.map((content) => store.put('race', content, { ifAbsent: true })));
      expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
      expect(await store.get('race')).toEqual(contents[outcomes.indexOf('stored')]);
    });

    it('lists by prefix in the order of keys', async () => {
      const keys = ['a', 'b/c/d', 'b/c-d', 'b/c.d', 'b/c_d', 'b/cd', 'b-c', 'b.c', 'bc', 'c/1', 'c/10', 'c/2'];
      for (const key of keys) await store.put(key, text(key));
      expect(await keysOf(store)).toEqual([...keys].sort());
      expect(await keysOf(store, 'b/c')).toEqual(['b/c-d', 'b/c.d', 'b/c/d', 'b/c_d', 'b/cd']);
      expect(await keysOf(store, 'b/c/')).toEqual(['b/c/d']);
      expect(await keysOf(store, 'c/1')).toEqual(['c/1', 'c/10']);
      expect(await keysOf(store, 'x/')).toEqual([]);
      for await (const { key, size } of store.list('c/')) expect(size).toBe(key.length);
    });

    it('lists what comes after a text', async () => {
      const keys = ['a', 'b/c/d', 'b/c/e', 'b/cd', 'b/d/1', 'b/d/2', 'c/1'];
      for (const key of keys) await store.put(key, text(key));
      for (const startAfter of [...keys, '', 'b', 'b/', 'b/c/', 'b/c0', 'b/c/d0', 'b/d/11', 'z'])
        for (const prefix of ['', 'b/', 'b/c']) {
          const found: string[] = [];
          for await (const { key } of store.list(prefix, { startAfter })) found.push(key);
          expect(found).toEqual(keys.filter((key) => key.startsWith(prefix) && key > startAfter));
        }
    });

    it.each([
      '',
      '/',
      '/a',
      'a/',
      'a//b',
      '../a',
      'a/../b',
      'a/..',
      '.tmp/x',
      'a/.b',
      'a..b',
      'A',
      'a b',
      'a\0',
      'é',
      'a\\b',
      '-a',
      'a/-b',
      'a'.repeat(201),
      'a/'.repeat(260) + 'a',
    ])('refuses the key %j', async (key) => {
      for (const call of [store.put(key, text('x')), store.get(key), store.head(key), store.delete(key)])
        expect(await failure(call)).toMatchObject({ reason: 'INVALID_INPUT', field: 'key' });
    });

    it.each(['/', '../', 'a/../', 'A', '.tmp'])('refuses the prefix %j', async (prefix) => {
      expect(await failure(keysOf(store, prefix))).toMatchObject({ reason: 'INVALID_INPUT', field: 'prefix' });
    });

    it('takes keys of 512 characters, in parts of 200', async () => {
      const part = 'k'.repeat(200);
      const key = `${part}/${part}/${'k'.repeat(110)}`;
      expect(key).toHaveLength(512);
      await store.put(key, text('far'));
      expect(await store.get(key)).toEqual(text('far'));
      expect(await keysOf(store, `${part}/`)).toEqual([key]);
    });

    it('lists many objects in order', async () => {
      const keys = Array.from({ length: options.keys ?? 30 }, (_, i) => `k/${i}`);
      for (let i = 0; i < keys.length; i += 50) await Promise.all(keys.slice(i, i + 50).map((key) => store.put(key, text('x'))));
      expect(await keysOf(store, 'k/')).toEqual(keys.sort());
    });

    it('keeps large objects, and gives ranges of them', async () => {
      const large = manyBytes(11 * 2 ** 20 + 3, 1);
      await store.put('large', large);
      expect(await store.head('large')).toEqual({ size: large.length });
      expect(isSame(await store.get('large'), large)).toBe(true);
      const ranges = [{ offset: 1 }, { offset: 5 * 2 ** 20 - 1, length: 2 }, { offset: 10 * 2 ** 20 }, { offset: 3, length: 10 * 2 ** 20 }];
      for (const { offset, length = large.length - offset } of ranges)
        expect(isSame(await store.get('large', { offset, length }), large.subarray(offset, offset + length))).toBe(true);
    });

    it('lets exactly one of many writers of a large object win', async () => {
      const contents = Array.from({ length: 4 }, (_, i) => manyBytes(6 * 2 ** 20 + i, i));
      const outcomes = await Promise.all(contents.map((content) => store.put('race', content, { ifAbsent: true })));
      expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
      expect(isSame(await store.get('race'), contents[outcomes.indexOf('stored')]!)).toBe(true);
    });

    it('stores the whole of an object or nothing when it is told to stop in the middle', async () => {
      const large = manyBytes(11 * 2 ** 20, 2);
      const stop = new AbortController();
      const call = store.put('stopped', large, { signal: stop.signal });
      setTimeout(() => stop.abort(), 15);
      const outcome = await call.catch(reasonOf);
      expect(['stored', 'CANCELLED']).toContain(outcome);
      const there = (await store.head('stopped')) === undefined ? undefined : await store.get('stopped');
      expect(there === undefined ? outcome : isSame(there, large)).toBe(there === undefined ? 'CANCELLED' : true);
    });

    it('does nothing once it is told to stop', async () => {
      const signal = AbortSignal.abort();
      expect(await failure(store.put('k', text('x'), { signal }))).toMatchObject({ reason: 'CANCELLED' });
      expect(await store.head('k')).toBeUndefined();
      await store.put('k', text('x'));
      const none = async () => {
        for await (const { key } of store.list('', { signal })) expect(key).toBe('none');
      };
      for (const call of [store.get('k', { signal }), store.head('k', { signal }), store.delete('k', { signal }), none()])
        expect(await failure(call)).toMatchObject({ reason: 'CANCELLED' });
      expect(await store.head('k')).toEqual({ size: 1 });
    });

    it('behaves as a map of keys', async () => {
      const key = fc.constantFrom('a', 'b/x', 'b/y', 'b-z', 'c/d/e');
      const step = fc.oneof(
        fc.record({ kind: fc.constant('put' as const), key, bytes: fc.uint8Array({ maxLength: 20 }), ifAbsent: fc.boolean() }),
        fc.record({ kind: fc.constant('delete' as const), key }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const tried = await empty();
          const model = new Map<string, Uint8Array>();
          for (const each of steps) {
            if (each.kind === 'delete') {
              await tried.delete(each.key);
              model.delete(each.key);
            } else {
              const outcome = each.ifAbsent && model.has(each.key) ? 'present' : 'stored';
              expect(await tried.put(each.key, each.bytes, { ifAbsent: each.ifAbsent })).toBe(outcome);
              if (outcome === 'stored') model.set(each.key, each.bytes);
            }
          }
          expect(await keysOf(tried)).toEqual([...model.keys()].sort());
          for (const [each, bytes] of model) expect(await tried.get(each)).toEqual(bytes);
        }),
        { numRuns: options.runs },
      );
    });
  });
}

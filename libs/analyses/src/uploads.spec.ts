import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwatched } from '@fathom/errors';
import { memoryStore } from '@fathom/store';
import { sha256Hex } from '@fathom/tensors';
import { Uploads, type UploadedFile } from './uploads.js';

const QUOTA = { uploads: 3, allUploadsBytes: 1_000 };

const file = (name: string, text: string): UploadedFile => ({ name, bytes: text.length, sha256: sha256Hex(text) });
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

let folder: string;
let now: number;
let objects: ReturnType<typeof memoryStore>;
let uploads: Uploads;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-uploads-spec-'));
  now = 1_000_000;
  objects = memoryStore();
  uploads = new Uploads(objects);
});
afterEach(() => rmSync(folder, { recursive: true }));

const minute = () => ({ now, seconds: 60 });

const keys = async (): Promise<string[]> => {
  const found: string[] = [];
  for await (const { key } of objects.list('')) found.push(key);
  return found;
};

describe('an upload', () => {
  it('has the name that follows from its files in any order, and lacks those that are not there in their size', async () => {
    const [a, b] = [file('a', 'one'), file('b', 'three')];
    const name = await uploads.begin([a, b], minute(), QUOTA);
    expect(await uploads.begin([b, a], minute(), QUOTA)).toBe(name);
    expect(await uploads.begin([a], minute(), QUOTA)).not.toBe(name);
    expect(await uploads.missing(name, [a, b])).toEqual([a, b]);
    await objects.put(uploads.key(name, a), bytesOf('one'));
    await objects.put(uploads.key(name, b), bytesOf('thr'));
    expect(await uploads.missing(name, [a, b])).toEqual([b]);
  });

  it('gives its files to who reads them, those that are wanted or all', async () => {
    const [a, b] = [file('a', 'one'), file('b', 'three')];
    const name = await uploads.begin([a, b], minute(), QUOTA);
    await objects.put(uploads.key(name, a), bytesOf('one'));
    await uploads.fetch(name, ['a', 'a'], folder, unwatched);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('one');
    await expect(uploads.fetch(name, undefined, folder, unwatched)).rejects.toMatchObject({ field: 'b' });
    await expect(uploads.fetch(name, ['c'], folder, unwatched)).rejects.toMatchObject({ field: 'file', value: 'c', accepted: 'a, b' });
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('loses a file with other bytes of the same size, so that it can be put again', async () => {
    const a = file('a', 'one');
    const name = await uploads.begin([a], minute(), QUOTA);
    await objects.put(uploads.key(name, a), bytesOf('two'));
    expect(await uploads.missing(name, [a])).toEqual([]);
    await expect(uploads.fetch(name, undefined, folder, unwatched)).rejects.toMatchObject({ field: 'a', value: sha256Hex('two') });
    expect(await uploads.missing(name, [a])).toEqual([a]);
  });

  it('is removed with its files by the next that begins once its time is over, which asking again and reading begin anew', async () => {
    const [a, b, c] = [file('a', 'one'), file('b', 'two'), file('c', 'three')];
    const names: string[] = [];
    for (const each of [a, b, c]) names.push(await uploads.begin([each], minute(), QUOTA));
    await objects.put(uploads.key(names[0]!, a), bytesOf('one'));
    now += 59_000;
    await uploads.begin([b], minute(), QUOTA);
    await uploads.prolong(names[2]!, minute());
    now += 1_000;
    const d = await uploads.begin([file('d', 'four')], minute(), QUOTA);
    expect(await keys()).toEqual([names[1]!, names[2]!, d].map((name) => name.replace('/', '/records/')).sort());
    await uploads.prolong(names[0]!, minute());
    expect(await keys()).toHaveLength(3);
    await expect(uploads.fetch(names[0]!, undefined, folder, unwatched)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  });

  it.each<[string, UploadedFile[][]]>([
    ['of too many', ['a', 'b', 'c', 'd'].map((name) => [file(name, name)])],
    ['of too many bytes', [[file('a', 'x'.repeat(600))], [file('b', 'y'.repeat(401))]]],
  ])('%s is refused, and leaves nothing', async (_what, all) => {
    const last = all.pop()!;
    for (const files of all) await uploads.begin(files, minute(), QUOTA);
    const before = await keys();
    await expect(uploads.begin(last, minute(), QUOTA)).rejects.toMatchObject({ reason: 'RESOURCE_EXHAUSTED' });
    expect(await keys()).toEqual(before);
    await uploads.begin(all[0]!, minute(), QUOTA);
  });

  it('has a name of the right form', async () => {
    for (const name of ['', 'uploads/', `uploads/${'A'.repeat(64)}`, `x/uploads/${'0'.repeat(64)}`])
      await expect(uploads.remove(name)).rejects.toMatchObject({ name: 'InputError', field: 'upload' });
  });
});

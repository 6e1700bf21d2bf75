import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStore } from './file-store.js';
import { describeObjectStore } from './object-store-contract.fixture.js';

let folder: string;
let count = 0;
const newRoot = (): string => join(folder, `store${count++}`);
const bytes = Uint8Array.of(1, 2, 3);
const failing = (code: string) => (): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }));

beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'store-'));
});
afterAll(() => fs.rm(folder, { recursive: true }));
afterEach(() => jest.restoreAllMocks());

describeObjectStore('store in a folder', () => Promise.resolve(fileStore(newRoot())));

describe('a store in a folder', () => {
  it('keeps an object as the file of its key, and no temporary files', async () => {
    const root = newRoot();
    const store = fileStore(root);
    await store.put('a/b', bytes);
    await store.put('a/b', bytes, { ifAbsent: true });
    expect(new Uint8Array(await fs.readFile(join(root, 'a/b')))).toEqual(bytes);
    expect(await fs.readdir(join(root, '.tmp'))).toEqual([]);
  });

  it('lists only objects, not what others have put there', async () => {
    const root = newRoot();
    const store = fileStore(root);
    await store.put('a/b', bytes);
    await fs.writeFile(join(root, '.DS_Store'), '');
    await fs.writeFile(join(root, 'a', 'Thumbs.db'), '');
    await fs.mkdir(join(root, 'a', '.hidden'));
    await fs.writeFile(join(root, 'a', '.hidden', 'x'), '');
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    expect(keys).toEqual(['a/b']);
  });

  it('refuses a key that is a folder of another, and one under another object', async () => {
    const store = fileStore(newRoot());
    await store.put('a/b', bytes);
    await expect(store.put('a', bytes)).rejects.toThrow('key: another object, or a folder, is in its place (got a)');
    await expect(store.put('a/b/c', bytes)).rejects.toThrow('key: another object, or a folder, is in its place (got a/b/c)');
    expect(await store.get('a/b')).toEqual(bytes);
  });

  it.each(['ENOSPC', 'EDQUOT'])('that is full (%s) says so, and keeps nothing of the object', async (code) => {
    const root = newRoot();
    const store = fileStore(root);
    await store.put('here', bytes);
    const open = fs.open.bind(fs);
    jest.spyOn(fs, 'open').mockImplementation(async (path, ...rest) => {
      const file = await open(path, ...rest);
      const write = file.writeFile.bind(file);
      file.writeFile = async () => {
        await write('ha');
        return failing(code)();
      };
      return file;
    });
    await expect(store.put('k', bytes, { ifAbsent: true })).rejects.toMatchObject({
      reason: 'STORE_FULL',
      metadata: { store: root, key: 'k' },
    });
    jest.restoreAllMocks();
    expect(await store.head('k')).toBeUndefined();
    expect(await fs.readdir(join(root, '.tmp'))).toEqual([]);
    expect(await store.put('k', bytes)).toBe('stored');
  });

  it.each(['EACCES', 'EPERM', 'EROFS'])('that may not be written to (%s) says so', async (code) => {
    const store = fileStore(newRoot());
    await store.put('here', bytes);
    for (const call of ['open', 'link', 'mkdir'] as const) {
      const spy = jest.spyOn(fs, call).mockImplementation(failing(code));
      await expect(store.put('k', bytes, { ifAbsent: true })).rejects.toMatchObject({ reason: 'STORE_READ_ONLY' });
      spy.mockRestore();
    }
    jest.spyOn(fs, 'unlink').mockImplementation(failing(code));
    await expect(store.delete('here')).rejects.toMatchObject({ reason: 'STORE_READ_ONLY' });
  });

  it('whose folders are protected can be read, and says that it cannot be written to', async () => {
    const root = newRoot();
    await fs.chmod(folder, 0o755);
    await fileStore(root).put('here', bytes);
    for (const path of [root, join(root, '.tmp')]) await fs.chmod(path, 0o555);
    const asRoot = process.getuid?.() === 0;
    // Nothing is protected from root.
    if (asRoot) process.seteuid?.(65_534);
    try {
      const store = fileStore(root);
      expect(await store.get('here')).toEqual(bytes);
      await expect(store.put('k', bytes)).rejects.toMatchObject({ reason: 'STORE_READ_ONLY' });
      await expect(store.delete('here')).rejects.toMatchObject({ reason: 'STORE_READ_ONLY' });
      await expect(fileStore(join(root, 'deeper')).put('k', bytes)).rejects.toMatchObject({ reason: 'STORE_READ_ONLY' });
    } finally {
      if (asRoot) process.seteuid?.(0);
      for (const path of [root, join(root, '.tmp')]) await fs.chmod(path, 0o755);
    }
  });

  it('that fails otherwise says what failed', async () => {
    const store = fileStore(newRoot());
    await store.put('here', bytes);
    jest.spyOn(fs, 'open').mockImplementation(failing('EIO'));
    await expect(store.get('here')).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    await expect(store.put('k', bytes)).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    jest.spyOn(fs, 'stat').mockImplementation(failing('EIO'));
    await expect(store.head('here')).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    jest.spyOn(fs, 'readdir').mockImplementation(failing('EIO'));
    await expect(store.list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
  });

  it('stops in the middle of a write, and keeps nothing of it', async () => {
    const root = newRoot();
    const stop = new AbortController();
    const open = fs.open.bind(fs);
    jest.spyOn(fs, 'open').mockImplementation(async (...call) => {
      stop.abort();
      return open(...call);
    });
    await expect(fileStore(root).put('k', bytes, { signal: stop.signal })).rejects.toMatchObject({ reason: 'CANCELLED' });
    expect(await fs.readdir(join(root, '.tmp'))).toEqual([]);
  });
});

/** A process that stores an object and is killed at a chosen step of it. */
const WRITER = `
const fs = require('node:fs/promises');
const die = () => process.kill(process.pid, 'SIGKILL');
const [, root, step, ifAbsent] = process.argv;
const open = fs.open;
fs.open = async (...call) => {
  const file = await open(...call);
  if (step === 'half written') { const write = file.writeFile.bind(file); file.writeFile = async (bytes) => { await write(bytes.subarray(0, bytes.length / 2)); die(); }; }
  if (step === 'before sync') file.sync = die;
  return file;
};
for (const name of ['link', 'rename']) {
  const real = fs[name];
  fs[name] = async (...call) => { if (step === 'before naming') die(); await real(...call); die(); };
}
require(${JSON.stringify(require.resolve('@fathom/store'))}).fileStore(root).put('k', new Uint8Array(100_000).fill(2), { ifAbsent: ifAbsent === 'true' });
`;

describe.each([true, false])('a writer that is killed (ifAbsent: %s)', (ifAbsent) => {
  it.each(['half written', 'before sync', 'before naming', 'after naming'])(
    '%s, leaves the whole object or none, and nothing that stays',
    async (step) => {
      const root = newRoot();
      const before = new Uint8Array(50).fill(1);
      if (!ifAbsent) await fileStore(root).put('k', before);
      expect(spawnSync(process.execPath, ['-e', WRITER, root, step, String(ifAbsent)]).signal).toBe('SIGKILL');

      const store = fileStore(root);
      const after = new Uint8Array(100_000).fill(2);
      if (step === 'after naming') expect(await store.get('k')).toEqual(after);
      else if (ifAbsent) expect(await store.head('k')).toBeUndefined();
      else expect(await store.get('k')).toEqual(before);
      expect(await fs.readdir(join(root, '.tmp'))).toHaveLength(step === 'after naming' && !ifAbsent ? 0 : 1);

      expect(await store.put('k', after, { ifAbsent })).toBe(step === 'after naming' && ifAbsent ? 'present' : 'stored');
      expect(await store.get('k')).toEqual(after);
      await store.put('another', bytes);
      expect(await fs.readdir(join(root, '.tmp'))).toEqual([]);
    },
  );
});

describe('temporary files', () => {
  it('of a writer that may be at work stay; those of another host go when they are old', async () => {
    const root = newRoot();
    await fs.mkdir(join(root, '.tmp'), { recursive: true });
    const recent = join(root, '.tmp', 'other-host.1.x');
    const old = join(root, '.tmp', 'other-host.2.x');
    for (const path of [recent, old]) await fs.writeFile(path, 'half');
    await fs.utimes(old, 0, 0);
    await fileStore(root).put('k', bytes);
    expect(await fs.readdir(join(root, '.tmp'))).toEqual(['other-host.1.x']);
  });
});

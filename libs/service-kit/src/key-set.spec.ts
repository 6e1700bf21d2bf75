import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { KeySet, parseKeys } from './key-set.js';
import { fileKeys, urlKeys } from './key-sources.js';
import { createLogger } from './logger.js';

const logger = createLogger({ name: 'test', level: 'silent' });
const folder = mkdtempSync(join(tmpdir(), 'fathom-keys-'));
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A key set of new keys with these names. */
async function keySet(...names: string[]): Promise<string> {
  const keys = names.map(async (kid) => ({ ...(await exportJWK((await generateKeyPair('EdDSA')).publicKey)), kid, alg: 'EdDSA' }));
  return JSON.stringify({ keys: await Promise.all(keys) });
}

function listen(answer: RequestListener): Promise<string> {
  server = createServer(answer);
  return new Promise((resolve) => server!.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server!.address() as AddressInfo).port}/keys`)));
}

const named = (kid: string) => ({ alg: 'EdDSA', kid });

describe('keys of a file', () => {
  it('are read again when they are older than a second, so that a key that is taken out is no longer good', async () => {
    const path = join(folder, 'keys.json');
    let time = 0;
    const keys = new KeySet(fileKeys(path), logger, () => time);
    writeFileSync(path, await keySet('a'));
    await keys.keyFor(named('a'));
    writeFileSync(path, await keySet('b'));
    await keys.keyFor(named('a'));
    time = 1_001;
    await keys.keyFor(named('b'));
    await expect(keys.keyFor(named('a'))).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  it('that cannot be read again stay good for an hour', async () => {
    const path = join(folder, 'gone.json');
    let time = 0;
    const keys = new KeySet(fileKeys(path), logger, () => time);
    writeFileSync(path, await keySet('a'));
    await keys.keyFor(named('a'));
    writeFileSync(path, '{"keys": [');
    time = 3_599_000;
    await keys.keyFor(named('a'));
    time = 3_600_001;
    await expect(keys.keyFor(named('a'))).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  });
});

describe('keys of an address', () => {
  it('are fetched once for all who wait, and again for a key that is not among them, but not at every such token', async () => {
    let asked = 0;
    let text = await keySet('a');
    let time = 0;
    const url = await listen((_request, response) => {
      asked += 1;
      response.end(text);
    });
    const keys = new KeySet(urlKeys(url), logger, () => time);
    await Promise.all([keys.keyFor(named('a')), keys.keyFor(named('a')), keys.keyFor(named('a'))]);
    expect(asked).toBe(1);
    text = await keySet('b');
    for (let i = 0; i < 3; i++) await expect(keys.keyFor(named('b'))).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(asked).toBe(1);
    time = 5_001;
    await keys.keyFor(named('b'));
    for (let i = 0; i < 3; i++) await expect(keys.keyFor(named('c'))).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(asked).toBe(2);
  });

  it('that are old are used on while new ones are fetched', async () => {
    let hang = false;
    let time = 0;
    const text = await keySet('a');
    const url = await listen((_request, response) => void (hang || response.end(text)));
    const keys = new KeySet(urlKeys(url), logger, () => time);
    await keys.keyFor(named('a'));
    hang = true;
    time = 300_001;
    await keys.keyFor(named('a'));
  });

  it.each<[string, (keys: string) => RequestListener]>([
    [
      'sent elsewhere',
      (keys) => (request, response) => (request.url === '/keys' ? response.writeHead(302, { location: '/others' }).end() : response.end(keys)),
    ],
    ['refused', (keys) => (_request, response) => response.writeHead(500).end(keys)],
    ['too many bytes', (keys) => (_request, response) => response.end(keys + ' '.repeat(256 * 1024))],
    ['never sent', () => () => undefined],
  ])('that are %s are not there, and calls are told to try again', async (_how, answer) => {
    const keys = new KeySet(urlKeys(await listen(answer(await keySet('a'))), 200), logger);
    await expect(keys.keyFor(named('a'))).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
      message: 'the keys that tokens are checked with cannot be read now',
    });
  });

  it.each([
    'http://issuer.example/keys',
    'http://127.0.0.1.issuer.example/keys',
    'ftp://issuer.example',
    'https://user:secret@issuer.example',
    'keys.json',
    '',
  ])('are not taken from %j', (url) =>
    expect(() => urlKeys(url)).toThrow(expect.objectContaining({ field: 'tokens.jwksUrl', message: expect.not.stringContaining('secret') })),
  );
});

describe('a key set', () => {
  it.each([
    ['no JSON', '{"keys": SECRET', /is not JSON/],
    ['no set', '{"SECRET": []}', /is no set of keys/],
    ['null', 'null', /is no set of keys/],
    ['empty', '{"keys": []}', /is no set of keys/],
    ['too many keys', JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: 'EC' })) }), /is no set of keys/],
    ['null for a key', '{"keys": [null]}', /holds a key of another type/],
    ['a shared secret', '{"keys": [{"kty": "oct", "k": "SECRET"}]}', /holds a key of another type/],
    ['a private key', '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "eA", "d": "SECRET"}]}', /holds a private key/],
  ])('of %s is refused, and what it says is not told', (_what, text, message) => {
    expect(() => parseKeys(text, 'f')).toThrow(message);
    expect(() => parseKeys(text, 'f')).toThrow(expect.objectContaining({ message: expect.not.stringContaining('SECRET') }));
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as contracts from '@fathom/contracts';
import { Metadata } from '@grpc/grpc-js';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload, type KeyLike } from 'jose';
import type { Caller } from './caller.js';
import { connect } from './connect.js';
import { foreignCall } from './foreign-call.fixture.js';
import { METHOD_SCOPES } from './method-scopes.js';
import { TestServers, operation } from './test-server.fixture.js';
import { bearerToken } from './tokens.js';

const servers = new TestServers();
const folder = mkdtempSync(join(tmpdir(), 'fathom-tokens-'));
const jwksFile = join(folder, 'jwks.json');
const GET = '/fathom.operations.v1.OperationsService/GetOperation';
let keys: Record<'EdDSA' | 'ES256' | 'RS256' | 'PS256' | 'stranger', { publicKey: KeyLike; privateKey: KeyLike }>;

beforeAll(async () => {
  const pair = (algorithm: string) => generateKeyPair(algorithm, { extractable: true });
  keys = {
    EdDSA: await pair('EdDSA'),
    ES256: await pair('ES256'),
    RS256: await pair('RS256'),
    PS256: await pair('PS256'),
    stranger: await pair('EdDSA'),
  };
  const jwk = async (name: 'EdDSA' | 'ES256' | 'RS256' | 'PS256') => ({ ...(await exportJWK(keys[name].publicKey)), kid: name });
  writeFileSync(jwksFile, JSON.stringify({ keys: [await jwk('EdDSA'), await jwk('ES256'), await jwk('RS256'), await jwk('PS256')] }));
});
afterEach(() => servers.closeAll());
afterAll(() => rmSync(folder, { recursive: true }));

const tokens = { issuer: 'https://issuer.example', audience: 'fathom', jwksFile };
const CLAIMS = { exp: 4_000_000_000, iss: tokens.issuer, aud: tokens.audience, sub: 'ada', tenant: 'team-a', scope: 'read run other.app' };
interface Signing {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: KeyLike | Uint8Array;
}

/** A token: what is not said is right. */
function token(claims: JWTPayload = {}, { alg = 'EdDSA', kid = alg, key = keys.EdDSA.privateKey }: Signing = {}): Promise<string> {
  return new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader({ alg, kid }).sign(key);
}

let files = 0;
function fileOf(text: string): string {
  const path = join(folder, `token-${(files += 1)}`);
  writeFileSync(path, text);
  return path;
}

/** Who the server takes a caller for. */
async function callerOf(text: string | undefined, tenant?: string): Promise<Caller> {
  let seen: Caller | undefined;
  const { remote } = await servers.start({
    security: { tokens, insecure: true },
    client: { ...(text !== undefined && { tokenFile: fileOf(text) }), tenant },
    handlers: {
      getOperation: async ({ name }, { caller }) => {
        seen = caller;
        return operation(name);
      },
    },
  });
  try {
    await remote.getOperation({ name: 'x' });
  } finally {
    await servers.closeAll();
  }
  return seen!;
}

const refused = (problem: string, message: RegExp) => ({
  reason: 'UNAUTHENTICATED',
  message: expect.stringMatching(message),
  metadata: expect.objectContaining({ problem }),
});

describe('a token', () => {
  it.each(['EdDSA', 'ES256', 'RS256'] as const)('signed by %s says who calls, for which tenant, and what they may do', async (alg) => {
    expect(await callerOf(await token({}, { alg, key: keys[alg].privateKey }))).toEqual({
      subject: 'ada',
      tenant: 'team-a',
      scopes: ['read', 'run'],
    });
  });

  it.each<[string, JWTPayload, string, RegExp]>([
    ['has expired', { exp: 1_000_000_000 }, 'expired', /^the token has expired$/],
    ['is not valid yet', { nbf: 4_000_000_000 }, 'early', /^the token is not valid yet$/],
    ['is from another issuer', { iss: 'https://other.example' }, 'issuer', /^the token is from another issuer$/],
    ['is for another audience', { aud: ['a', 'b'] }, 'audience', /^the token is for another audience$/],
    ['never expires', { exp: undefined }, 'claim', /claim exp is missing or wrong/],
    ['is of nobody', { sub: undefined }, 'claim', /claim sub is missing or wrong/],
    ['is of a name too long', { sub: 'x'.repeat(257) }, 'claim', /claim sub is no name/],
    ['is of no tenant', { tenant: undefined }, 'claim', /claim tenant is missing/],
    ['is of a tenant that leaves its folder', { tenant: '../other' }, 'claim', /claim tenant is missing or no name/],
    ['is of a tenant of capitals', { tenant: 'Team' }, 'claim', /claim tenant/],
    ['is of a tenant of 64 letters', { tenant: 'a'.repeat(64) }, 'claim', /claim tenant/],
  ])('that %s is refused, and the caller is told so', async (_what, claims, problem, message) => {
    await expect(callerOf(await token(claims))).rejects.toMatchObject(refused(problem, message));
  });

  it('that expired while clocks differ by less than half a minute is taken', async () => {
    const claims = new SignJWT(CLAIMS).setExpirationTime('5 seconds ago').setProtectedHeader({ alg: 'EdDSA', kid: 'EdDSA' });
    expect((await callerOf(await claims.sign(keys.EdDSA.privateKey))).subject).toBe('ada');
  });

  it.each<[string, () => Promise<string>]>([
    ['without a signature (none)', async () => new UnsecuredJWT({ ...CLAIMS }).encode() + 'x'],
    ['with a shared secret made of the public key', async () => token({}, { alg: 'HS256', kid: 'EdDSA', key: new TextEncoder().encode('EdDSA') })],
    ['with an algorithm that is not on the list', () => token({}, { alg: 'PS256', key: keys.PS256.privateKey })],
    ['by a key that nobody knows', () => token({}, { kid: 'stranger', key: keys.stranger.privateKey })],
    ["by a stranger's key under a known name", () => token({}, { kid: 'EdDSA', key: keys.stranger.privateKey })],
    [
      'with claims that were changed afterwards',
      async () => {
        const [header, , signature] = (await token()).split('.');
        return [header, Buffer.from(JSON.stringify({ ...CLAIMS, scope: 'admin' })).toString('base64url'), signature].join('.');
      },
    ],
    ['that has expired besides', () => token({ exp: 1 }, { kid: 'EdDSA', key: keys.stranger.privateKey })],
  ])('%s is refused without a hint', async (_what, made) => {
    await expect(callerOf(await made())).rejects.toMatchObject(refused('invalid', /^the token is not valid$/));
  });

  it('must be there, once, and in the form of one', async () => {
    await expect(callerOf(undefined)).rejects.toMatchObject(
      refused('missing', /^the call has no token; send the metadata "authorization: Bearer <token>"$/),
    );
    for (const given of [['Basic YTpi'], ['Bearer '], ['Bearer a.b'], ['Bearer a.b.c', 'Bearer a.b.c'], [`Bearer a.${'b'.repeat(9000)}.c`]]) {
      const metadata = new Metadata();
      for (const text of given) metadata.add('authorization', text);
      expect(() => bearerToken(metadata)).toThrow(expect.objectContaining({ reason: 'UNAUTHENTICATED', metadata: { problem: 'malformed' } }));
    }
  });
});

describe('what a caller may do', () => {
  it('is what the scopes say, and everything for an admin', async () => {
    await expect(callerOf(await token({ scope: 'run' }))).rejects.toMatchObject({
      reason: 'PERMISSION_DENIED',
      message: `${GET} needs a token with the scope read`,
      metadata: { method: GET, scope: 'read' },
    });
    await expect(callerOf(await token({ scope: ['read'] }))).rejects.toMatchObject({ reason: 'PERMISSION_DENIED' });
    expect((await callerOf(await token({ scope: 'admin' }))).scopes).toEqual(['admin']);
  });

  it('is on behalf of another tenant for an admin alone', async () => {
    expect((await callerOf(await token({ scope: 'admin' }), 'team-b')).tenant).toBe('team-b');
    expect((await callerOf(await token(), 'team-a')).tenant).toBe('team-a');
    await expect(callerOf(await token(), 'team-b')).rejects.toMatchObject({ reason: 'PERMISSION_DENIED', metadata: { scope: 'admin' } });
    await expect(callerOf(await token({ scope: 'admin' }), '../b')).rejects.toMatchObject({ reason: 'PERMISSION_DENIED' });
  });

  it('is told by no metadata of theirs to a server without authentication', async () => {
    let seen: Caller | undefined;
    const { remote } = await servers.start({
      client: { tenant: 'team-b' },
      handlers: { getOperation: async ({ name }, { caller }) => ((seen = caller), operation(name)) },
    });
    await remote.getOperation({ name: 'x' });
    expect(seen).toEqual({ subject: 'local', tenant: 'default', scopes: ['read', 'run', 'register', 'admin'] });
  });

  it('is written down for every method of every service, and for nothing else', () => {
    const definitions = Object.entries(contracts).filter(([name]) => name.endsWith('Service'));
    const paths = definitions.flatMap(([, definition]) => Object.values(definition as Record<string, { path: string }>).map(({ path }) => path));
    expect(paths.length).toBeGreaterThan(20);
    expect(Object.keys(METHOD_SCOPES).sort()).toEqual(paths.sort());
  });

  it('is told in the log line of each call, with who called and for which tenant, as far as that is known', async () => {
    const reader = { tokenFile: fileOf(await token()) };
    const { remote, server, lines } = await servers.start({ security: { tokens, insecure: true }, client: reader });
    await remote.getOperation({ name: 'x' });
    const others = [{ tokenFile: fileOf(await token({ scope: 'admin', sub: 'root' })), tenant: 'team-b' }, { ...reader, tenant: 'team-b' }, {}];
    for (const options of others) {
      const other = connect(contracts.OperationsClient, server.address, options);
      await other.getOperation({ name: 'x' }).catch(() => undefined);
      other.close();
    }
    expect(lines.filter(({ msg }) => msg === 'call').map(({ code, subject, tenant }) => [code, subject, tenant])).toEqual([
      ['OK', 'ada', 'team-a'],
      ['OK', 'root', 'team-b'],
      ['PERMISSION_DENIED', 'ada', 'team-a'],
      ['UNAUTHENTICATED', undefined, undefined],
    ]);
  });

  it('comes before the request is read', async () => {
    let handled = false;
    const { server } = await servers.start({
      security: { tokens, insecure: true },
      handlers: { getOperation: async ({ name }) => ((handled = true), operation(name)) },
    });
    const answer = await foreignCall(server.address, GET, Buffer.from([0xff, 0xff]));
    expect(answer['grpc-status']).toBe('16');
    expect(handled).toBe(false);
  });

  it('leaves health open, and reflection to those who may read', async () => {
    const { server } = await servers.start({ security: { tokens, insecure: true } });
    const call = (path: string, headers = {}) => foreignCall(server.address, path, Buffer.alloc(0), headers);
    expect((await call('/grpc.health.v1.Health/Check'))['grpc-status']).toBe('0');
    for (const version of ['v1', 'v1alpha']) {
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      expect((await call(path))['grpc-status']).toBe('16');
      expect((await call(path, { authorization: `Bearer ${await token({ scope: 'run' })}` }))['grpc-status']).toBe('7');
      expect((await call(path, { authorization: `Bearer ${await token({ scope: 'read' })}` }))['grpc-status']).not.toMatch(/^(7|16)$/);
    }
  });
});

describe('a client with a token', () => {
  it('does not send it over a plain connection to another machine', async () => {
    expect(() => connect(contracts.OperationsClient, 'fathom.example:1', { tokenFile: 'x' })).toThrow(
      /^clientTls: is missing: a token would be readable on its way/,
    );
  });

  it('says which file has none, and not what is in it', async () => {
    await expect(callerOf('secret')).rejects.toMatchObject({ field: 'clientTokenFile', message: expect.not.stringContaining('secret') });
    const { remote } = await servers.start({ client: { tokenFile: join(folder, 'none') } });
    await expect(remote.getOperation({ name: 'x' })).rejects.toThrow(/^clientTokenFile: cannot be read/);
  });
});

describe('settings of tokens', () => {
  it.each<[string, object, RegExp]>([
    ['no issuer', { issuer: '' }, /^tokens\.issuer: is empty/],
    ['two sources of keys', { jwksUrl: 'https://issuer.example/keys' }, /^tokens: has not one source of keys/],
    ['no source of keys', { jwksFile: undefined }, /^tokens: has not one source of keys/],
    ['a file that is not there', { jwksFile: join(folder, 'none') }, /^tokens\.jwksFile: cannot be read/],
    [
      'an address without encryption',
      { jwksFile: undefined, jwksUrl: 'http://issuer.example/keys' },
      /^tokens\.jwksUrl: is no address to fetch keys from/,
    ],
    ['a file of this machine as an address', { jwksFile: undefined, jwksUrl: 'file:///etc/passwd' }, /^tokens\.jwksUrl: is no address/],
  ])('with %s are refused', async (_what, wrong, message) => {
    await expect(servers.start({ security: { tokens: { ...tokens, ...wrong }, insecure: true } })).rejects.toThrow(message);
  });
});

describe('a server', () => {
  it('without tls and tokens both starts only where that is asked for', async () => {
    await expect(servers.start({ security: {} })).rejects.toThrow(
      /^insecure: without tls and tokens a server starts only where that is asked for; accepted: --insecure/,
    );
    await expect(servers.start({ security: { tokens } })).rejects.toThrow(/^insecure: without tls a server/);
    await expect(servers.start({ security: { tls: { certFile: 'x', keyFile: 'y' } } })).rejects.toThrow(/^insecure: without tokens a server/);
    await expect(servers.start({ security: { tokens, insecure: true }, address: '0.0.0.0:0' })).rejects.toThrow(
      /^address: other machines could reach/,
    );
  });
});

import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Fathom } from '@fathom/client';
import { operations } from '@fathom/contracts';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
// eslint-disable-next-line @nx/enforce-module-boundaries -- certificates of tests, not of the library
import { CertificateAuthority } from '../../../libs/service-kit/src/certificate-authority.fixture.js';
import { fathomClients, type FathomClients } from './fathom-clients.fixture.js';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { FASHION, networkPath, PREPROCESSING, smallStudy } from './small-material.fixture.js';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'fathom-secured-'));
let one: OneProcess;
let tokenOf: (claims: JWTPayload) => Promise<string>;
let clientTls: { caFile: string; certFile: string; keyFile: string };
const open: FathomClients[] = [];

/** Clients with a token of these claims. */
async function clientsWith(claims: JWTPayload): Promise<FathomClients> {
  const tokenFile = join(folder, `token-${open.length}`);
  writeFileSync(tokenFile, await tokenOf(claims));
  const clients = fathomClients(one.addresses, { tls: clientTls, tokenFile });
  open.push(clients);
  return clients;
}

/** The newest record of every operation of a folder store. */
function recordsOf(path: string): { job: string; tenant: string }[] {
  return readdirSync(path).map((digest) => {
    const epochs = readdirSync(join(path, digest)).filter((name) => /^\d{8}$/.test(name));
    return JSON.parse(readFileSync(join(path, digest, epochs.sort().at(-1)!), 'utf8')) as { job: string; tenant: string };
  });
}

beforeAll(async () => {
  const authority = new CertificateAuthority(folder, 'authority');
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const jwksFile = join(folder, 'jwks.json');
  writeFileSync(jwksFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] }));
  tokenOf = (claims) =>
    new SignJWT({ iss: 'https://issuer.example', aud: 'fathom', exp: 4_000_000_000, ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'k' })
      .sign(privateKey);
  const clientTokenFile = join(folder, 'service-token');
  writeFileSync(clientTokenFile, await tokenOf({ sub: 'study', tenant: 'fathom', scope: 'admin' }));
  clientTls = { caFile: authority.caFile, ...authority.issue('client') };
  const security = {
    tls: { caFile: authority.caFile, ...authority.issue('server') },
    tokens: { issuer: 'https://issuer.example', audience: 'fathom', jwksFile },
    clientTls,
    clientTokenFile,
    limits: { images: 300 },
  };
  one = await oneProcess({ security, client: { tls: clientTls } });
});
afterAll(async () => {
  for (const clients of open) clients.close();
  await one.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('with TLS and tokens', () => {
  it('a study runs, its service calling the others with a token of its own, for the tenant that asked', async () => {
    const clients = await clientsWith({ sub: 'ada', tenant: 'team-a', scope: 'read run register' });
    const spec = await smallStudy(one.folder, clients);
    const { operation } = await clients.study.startStudy({ spec: { ...spec, checkpoints: spec.checkpoints.slice(2), controls: [] } });
    expect((await clients.ended('study', operation)).state).toBe(operations.OperationState.SUCCEEDED);
    const tenants = recordsOf(join(one.folder, 'store/tenants/team-a/operations')).filter(
      ({ job }) => job === 'activation.extract' || job === 'complexity.measure',
    );
    expect(tenants.length).toBeGreaterThan(1);
    for (const { tenant } of tenants) expect(tenant).toBe('team-a');
  });

  it('a caller without a token is refused, and one without the scope', async () => {
    await expect(one.clients.artifacts.listArtifacts({ pageSize: 0, pageToken: '', kind: '' })).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
    const reader = await clientsWith({ sub: 'eve', tenant: 'team-a', scope: 'read' });
    await reader.artifacts.listArtifacts({ pageSize: 0, pageToken: '', kind: '' });
    const request = { path: networkPath('epoch-15'), name: 'n', preprocessing: PREPROCESSING, taps: [] };
    await expect(reader.activation.registerModel(request)).rejects.toMatchObject({ reason: 'PERMISSION_DENIED', metadata: { scope: 'register' } });
  });

  it('limits of the configuration hold where the work is done', async () => {
    const clients = await clientsWith({ sub: 'ada', tenant: 'team-a', scope: 'read register' });
    const source = {
      $case: 'idx' as const,
      value: { imagesPath: join(FASHION, 'images/t10k-images-idx3-ubyte.gz'), labelsPath: '', classNames: [] },
    };
    const { operation } = await clients.activation.startRegisterImages({ name: 'many', source });
    await expect(clients.ended('activation', operation)).rejects.toMatchObject({ name: 'InputError', accepted: 'at most 300 images' });
  });

  it('the client package shows the token that a function gives, before each call', async () => {
    let asked = 0;
    const token = async (): Promise<string> => {
      asked += 1;
      return tokenOf({ sub: 'ada', tenant: 'team-a', scope: asked < 3 ? 'read' : 'run' });
    };
    const fathom = new Fathom(one.address, { tls: clientTls, token });
    const missing = { contentDigest: `sha256:${'0'.repeat(64)}` };
    try {
      await expect(fathom.describe(missing)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
      await expect(fathom.tensor(missing, 'x')).rejects.toMatchObject({ reason: 'NOT_FOUND' });
      await expect(fathom.describe(missing)).rejects.toMatchObject({ reason: 'PERMISSION_DENIED' });
      expect(asked).toBe(3);
    } finally {
      fathom.close();
    }
  });

  it('the client package in Python does, too', async () => {
    const python = process.env['FATHOM_PYTHON'];
    if (python === undefined) {
      const record = process.env['FATHOM_LEFT_OUT'];
      if (record) appendFileSync(record, 'tokens of the client package in Python: FATHOM_PYTHON names no python3 with grpcio and numpy\n');
      return;
    }
    const { caFile: ca, certFile: certificate, keyFile: key } = clientTls;
    const token = await tokenOf({ sub: 'ada', tenant: 'team-a', scope: 'read' });
    const env = { ...process.env, FATHOM_SECURED: JSON.stringify({ address: one.address, ca, certificate, key, token }) };
    const cwd = resolve(__dirname, '../../../clients/python');
    const { stderr } = await promisify(execFile)(python, ['-W', 'error', '-m', 'unittest', 'tests/test_secured.py'], { cwd, env });
    expect(stderr).toMatch(/\nOK\n$/);
  });
});

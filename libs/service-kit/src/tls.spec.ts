import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTls } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority, type Issued } from './certificate-authority.fixture.js';
import { OperationsClient } from '@fathom/contracts';
import { tlsTrouble, type ConnectOptions } from '@fathom/wire';
import { connect } from './connect.js';
import { operation, TestServers } from './test-server.fixture.js';

const servers = new TestServers();
let folder: string;
let ours: CertificateAuthority;
let theirs: CertificateAuthority;
let server: Issued;
let client: Issued;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-tls-'));
  ours = new CertificateAuthority(folder, 'ours');
  theirs = new CertificateAuthority(folder, 'theirs');
  server = ours.issue('server');
  client = ours.issue('client');
});
afterEach(() => servers.closeAll());
afterAll(() => rmSync(folder, { recursive: true }));

/** What a client gets from a server that wants certificates, by default from one that has everything right. */
async function answered(options: { server?: Issued; mutual?: boolean; client?: ConnectOptions; address?: string } = {}): Promise<unknown> {
  const { mutual = true, address = '127.0.0.1:0' } = options;
  const tls = { ...(options.server ?? server), ...(mutual && { caFile: ours.caFile }) };
  const { remote } = await servers.start({
    address,
    security: { tls, insecure: true },
    client: options.client ?? { tls: { caFile: ours.caFile, ...client } },
  });
  return remote.getOperation({ name: 'x' });
}

const refused = (problem: RegExp) => ({ reason: expect.stringMatching(/^UNAUTHENTICATED$|^UNAVAILABLE$/), message: expect.stringMatching(problem) });

describe('TLS', () => {
  it('connects those who know each other, at an IP address, by name and over a Unix socket', async () => {
    expect(await answered()).toEqual(operation('x'));
    expect(await answered({ address: `unix:${join(folder, 'socket')}` })).toEqual(operation('x'));
    const tls = { caFile: ours.caFile, serverName: 'fathom.example' };
    expect(await answered({ server: ours.issue('named', ['fathom.example']), mutual: false, client: { tls } })).toEqual(operation('x'));
  });

  it('connects to several replicas, each with a certificate for one of their addresses', async () => {
    const start = async (issued: Issued) => (await servers.start({ security: { tls: issued, insecure: true } })).server.address;
    const addresses = [await start(server), await start(ours.issue('second', ['127.0.0.1']))];
    const call = async (address: string): Promise<unknown> => {
      const remote = connect(OperationsClient, address, { tls: { caFile: ours.caFile } });
      return remote.getOperation({ name: 'x' }).finally(() => remote.close());
    };
    expect(await call(addresses.join(','))).toEqual(operation('x'));
    const elsewhere = await start(ours.issue('elsewhere', ['fathom.example']));
    await expect(call(`${elsewhere},${elsewhere}`)).rejects.toMatchObject(refused(/another name/));
  });

  it('asks for no certificate of clients where the server has no caFile', async () => {
    expect(await answered({ mutual: false, client: { tls: { caFile: ours.caFile } } })).toEqual(operation('x'));
  });

  it('is refused by the client where the server is of another authority', async () => {
    await expect(answered({ server: theirs.issue('impostor') })).rejects.toMatchObject({
      reason: 'UNAUTHENTICATED',
      message: expect.stringMatching(/^the server at 127\.0\.0\.1:\d+ has a certificate of no authority in clientTls\.caFile$/),
    });
  });

  it("is refused by the client where the server's certificate has expired or is not valid yet", async () => {
    await expect(answered({ server: ours.issue('old', undefined, [2020, 2021]) })).rejects.toMatchObject({
      reason: 'UNAUTHENTICATED',
      message: expect.stringContaining('has a certificate that has expired'),
    });
    await expect(answered({ server: ours.issue('young', undefined, [2098, 2099]) })).rejects.toMatchObject({
      reason: 'UNAUTHENTICATED',
      message: expect.stringContaining('has a certificate that is not valid yet'),
    });
  });

  it('is refused by the client where the certificate is for another name', async () => {
    await expect(answered({ server: ours.issue('other', ['other.example']) })).rejects.toMatchObject({
      reason: 'UNAUTHENTICATED',
      message: expect.stringContaining('has a certificate for another name; clientTls.serverName says which name is expected'),
    });
  });

  it('is refused by the server where the client has no certificate', async () => {
    const tls = { caFile: ours.caFile };
    await expect(answered({ client: { tls } })).rejects.toMatchObject(
      refused(/want[s]? a certificate of the client: clientTls\.certFile and keyFile/),
    );
  });

  it("is refused by the server where the client's certificate is of another authority or has expired", async () => {
    for (const wrong of [theirs.issue('stranger'), ours.issue('retired', undefined, [2020, 2021])])
      await expect(answered({ client: { tls: { caFile: ours.caFile, ...wrong } } })).rejects.toMatchObject(
        refused(/not accept the client's certificate/),
      );
  });

  it('is missed by a client without it', async () => {
    await expect(answered({ client: {} })).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
      message: expect.stringContaining('closed the connection before any call; it may speak TLS, and this client has no clientTls'),
    });
  });

  it('is missed by a client at a server without it', async () => {
    const { remote } = await servers.start({ client: { tls: { caFile: ours.caFile } } });
    await expect(remote.getOperation({ name: 'x' })).rejects.toMatchObject({
      reason: 'UNAUTHENTICATED',
      message: expect.stringContaining('speaks no TLS; clientTls is for servers that do'),
    });
  });

  it('older than 1.2 is not spoken', async () => {
    const { server: listening } = await servers.start({ security: { tls: server, insecure: true } });
    const port = Number(listening.address.split(':')[1]);
    const outcome = await new Promise<string>((resolve) => {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        ciphers: 'ALL@SECLEVEL=0',
        rejectUnauthorized: false,
      });
      socket.on('secureConnect', () => resolve('connected'));
      socket.on('error', (error: Error) => resolve(error.message));
    });
    expect(outcome).toMatch(/alert protocol version|ECONNRESET/);
  });
});

describe('the files of TLS', () => {
  it('are taken over when they change, and not while they do not fit together', async () => {
    const [certFile, keyFile] = [join(folder, 'turning.crt'), join(folder, 'turning.key')];
    const turn = (to: Issued): void => {
      copyFileSync(to.certFile, certFile);
      copyFileSync(to.keyFile, keyFile);
    };
    turn(ours.issue('first'));
    const { server: listening, lines } = await servers.start({ security: { tls: { certFile, keyFile, refreshMs: 5 }, insecure: true } });
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connectTls({ port: Number(listening.address.split(':')[1]), host: '127.0.0.1', rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().subject.CN);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    expect(await shown()).toBe('first');
    writeFileSync(keyFile, 'half a key');
    while (!lines.some(({ msg }) => msg === 'changed certificates are not taken over')) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await shown()).toBe('first');
    turn(ours.issue('second'));
    while ((await shown()) !== 'second') await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it.each([
    ['a certificate that is not there', () => ({ certFile: join(folder, 'none'), keyFile: server.keyFile }), /^tls\.certFile: cannot be read/],
    ['the key of another certificate', () => ({ certFile: server.certFile, keyFile: client.keyFile }), /^tls: its files are no certificates/],
    ['something else', () => ({ certFile: server.keyFile, keyFile: server.keyFile }), /^tls: its files are no certificates/],
  ])('are refused at the start: %s', async (_what, tls, message) => {
    await expect(servers.start({ security: { tls: tls(), insecure: true } })).rejects.toThrow(message);
  });

  it('are refused for a client with a certificate and no key', async () => {
    await expect(answered({ client: { tls: { caFile: ours.caFile, certFile: client.certFile } } })).rejects.toThrow(
      /^clientTls: has only one of certFile and keyFile/,
    );
  });
});

it('a connection that fails for another reason is not said to fail for TLS', () => {
  expect(tlsTrouble('No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1', undefined)).toBeUndefined();
  expect(tlsTrouble('Name resolution failed', undefined)).toBeUndefined();
});

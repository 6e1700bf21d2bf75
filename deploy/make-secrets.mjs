/**
 * Makes the secrets of a trial: an authority, one certificate for all services and one for a client, the keys that tokens are signed
 * with, a token for the study service and one for a person, and random credentials for the store and Grafana.
 *
 *     node deploy/make-secrets.mjs [FOLDER]     # default: deploy/secrets
 *
 * What is there already is left alone: remove the folder to begin anew. Certificates and tokens end after 30 days.
 * A cluster that people rely on has an authority and an issuer of its own instead (docs/operations.md).
 */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const DAYS = 30;
const SERVICES = ['activation', 'dictionary', 'complexity', 'importance', 'robustness', 'study'];
const [ISSUER, AUDIENCE] = ['https://issuer.fathom.internal', 'fathom'];
/** Who the containers run as, where root makes the secrets. */
const CONTAINER_USER = 10001;

const wanted = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), 'secrets'));

function openssl(...parameters) {
  const { error, status, stderr } = spawnSync('openssl', parameters, { encoding: 'utf8' });
  if (error?.code === 'ENOENT') throw new Error('there is no `openssl` on the PATH, which makes certificates');
  if (error) throw error;
  if (status !== 0) throw new Error(`openssl ${parameters[0]} failed: ${stderr.trim()}`);
}

function makeCertificates(folder) {
  const path = (name) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', String(DAYS)];
  openssl('req', '-x509', ...key, '-subj', '/CN=Fathom trial authority', '-keyout', path('ca.key'), '-out', path('ca.crt'));
  const issue = (name, hosts) => {
    const names = hosts.map((host) => (/^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`)).join(',');
    const authority = ['-CA', path('ca.crt'), '-CAkey', path('ca.key')];
    const files = ['-keyout', path(`${name}.key`), '-out', path(`${name}.crt`)];
    const uses = [
      '-addext',
      `subjectAltName=${names}`,
      '-addext',
      'extendedKeyUsage=serverAuth,clientAuth',
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    ];
    openssl('req', '-x509', ...authority, ...key, '-subj', `/CN=fathom ${name}`, ...uses, ...files);
  };
  issue('services', [...SERVICES, 'localhost', '127.0.0.1']);
  issue('client', ['client']);
  rmSync(path('ca.key')); // nobody can make more of them
}

function makeTokens(folder) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(
    join(folder, 'jwks.json'),
    JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'trial', alg: 'EdDSA', use: 'sig' }] }),
  );
  const now = Math.floor(Date.now() / 1000);
  const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = (claims) => {
    const head = base64({ alg: 'EdDSA', typ: 'JWT', kid: 'trial' });
    const text = `${head}.${base64({ iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + DAYS * 86_400, ...claims })}`;
    return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
  };
  writeFileSync(join(folder, 'study.token'), token({ sub: 'study', tenant: 'default', scope: 'admin' }));
  writeFileSync(join(folder, 'client.token'), token({ sub: 'trial', tenant: 'default', scope: 'read run register' }));
}

/** What compose.yaml fills in. */
function makeEnvironment(folder, user) {
  const secret = () => randomBytes(24).toString('hex');
  const lines = {
    FATHOM_USER: `${user}:${user}`,
    FATHOM_SECRETS: wanted,
    STORE_ROOT_USER: `root-${randomBytes(6).toString('hex')}`,
    STORE_ROOT_PASSWORD: secret(),
    STORE_ACCESS_KEY: `fathom-${randomBytes(6).toString('hex')}`,
    STORE_SECRET_KEY: secret(),
    GRAFANA_PASSWORD: secret(),
  };
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, 'env'), text.join(''));
}

function main() {
  if (existsSync(wanted)) {
    console.log(`${wanted} is there already; remove it to begin anew`);
    return;
  }
  process.umask(0o077);
  mkdirSync(dirname(wanted), { recursive: true });
  const folder = mkdtempSync(`${wanted}.`);
  try {
    const root = process.getuid() === 0;
    makeCertificates(folder);
    makeTokens(folder);
    makeEnvironment(folder, root ? CONTAINER_USER : process.getuid());
    if (root) for (const name of ['', ...readdirSync(folder)]) chownSync(join(folder, name), CONTAINER_USER, CONTAINER_USER);
    renameSync(folder, wanted);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  console.log(`${wanted}: certificates, tokens and passwords for ${DAYS} days`);
}

try {
  main();
} catch (error) {
  console.error(`make-secrets: ${error.message}`);
  process.exitCode = 1;
}

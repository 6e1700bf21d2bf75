/**
 * Makes a token for a trial: node docs/examples/trial-token.mjs FOLDER TENANT "SCOPES" [HOURS]. The first call also makes the issuer's key pair
 * in the folder: issuer.json (private, for this script alone) and jwks.json (public, for the services' tokens.jwksFile). The token goes to
 * standard output. Its issuer is "trial" and its audience "fathom". Where people work, tokens come from an identity provider.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';

const [folder, tenant, scope, hours = '12'] = process.argv.slice(2);
if (!folder || !tenant || !scope) throw new Error('usage: trial-token.mjs FOLDER TENANT "SCOPES" [HOURS]');

mkdirSync(folder, { recursive: true });
const issuer = join(folder, 'issuer.json');
if (!existsSync(issuer)) {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  writeFileSync(issuer, JSON.stringify(await exportJWK(privateKey)), { mode: 0o600 });
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'trial', alg: 'EdDSA' }] }));
}
const key = await importJWK(JSON.parse(readFileSync(issuer, 'utf8')), 'EdDSA');
const token = await new SignJWT({ tenant, scope })
  .setProtectedHeader({ alg: 'EdDSA', kid: 'trial' })
  .setIssuer('trial')
  .setAudience('fathom')
  .setSubject(`${tenant}-trial`)
  .setExpirationTime(`${hours}h`)
  .sign(key);
console.log(token);

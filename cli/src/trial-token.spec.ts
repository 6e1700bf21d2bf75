import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CapabilitiesClient } from '@fathom/contracts';
import { loadConfig, serve } from '@fathom/platform';
import { connect, createLogger } from '@fathom/service-kit';
import { testFolder } from './run-fathom.fixture.js';

const folder = testFolder();
const SCRIPT = resolve(__dirname, '../../docs/examples/trial-token.mjs');
const made = (...args: readonly string[]) => execFileSync(process.execPath, [SCRIPT, folder, ...args], { encoding: 'utf8' });

it('the trial tokens of docs/security.md are taken by services, each for what it says', async () => {
  const tokenFile = join(folder, 'reader.token');
  writeFileSync(tokenFile, made('team-a', 'read'));
  const other = join(folder, 'runner.token');
  writeFileSync(other, made('team-a', 'run'));
  expect(statSync(join(folder, 'issuer.json')).mode & 0o077).toBe(0);
  const tokens = { issuer: 'trial', audience: 'fathom', jwksFile: join(folder, 'jwks.json') };
  const config = loadConfig({ env: {}, overrides: { store: join(folder, 'store'), threads: 1, engine: 'reference', tokens, insecure: true } });
  const address = `unix:${join(folder, 'socket')}`;
  const served = await serve([], { name: 'n', address, config, logger: createLogger({ name: 'n', level: 'silent' }) });
  const clients = [tokenFile, other].map((file) => connect(CapabilitiesClient, address, { tokenFile: file }));
  try {
    expect(await clients[0]!.getCapabilities({})).toMatchObject({ threads: 1 });
    await expect(clients[1]!.getCapabilities({})).rejects.toMatchObject({ reason: 'PERMISSION_DENIED', metadata: { scope: 'read' } });
  } finally {
    for (const client of clients) client.close();
    await served.close();
  }
});

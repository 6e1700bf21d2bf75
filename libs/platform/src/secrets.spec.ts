import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperationsClient } from '@fathom/contracts';
import { createLogger } from '@fathom/service-kit';
import { credentials, Metadata } from '@grpc/grpc-js';
import { loadConfig } from './config.js';
import { serve } from './serve.js';
import { openTelemetry } from './telemetry.js';

it('no credential of the store or of a caller is in a log line, in a metric or in an answer, also where the store fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-secrets-'));
  let said = '';
  const logger = createLogger({ name: 'n', level: 'debug', sink: { write: (line) => (said += line) } });
  const s3 = {
    endpoint: 'http://127.0.0.1:1',
    accessKey: 's3cret-access',
    secretKey: 's3cret-key',
    sessionToken: 's3cret-session',
    deadlineMs: 200,
    attempts: 1,
  };
  const config = loadConfig({ env: {}, overrides: { store: { location: 's3://bucket', s3 }, threads: 1, insecure: true, metricsAddress: ':0' } });
  const telemetry = await openTelemetry(config, logger);
  const served = await serve([], { name: 'n', address: `unix:${join(folder, 'socket')}`, config, logger, telemetry });
  const client = new OperationsClient(served.address, credentials.createInsecure());
  try {
    const metadata = new Metadata();
    metadata.set('authorization', 'Bearer s3cret-token');
    const name = `operations/${'0'.repeat(64)}`;
    const error = await new Promise((resolve) => client.getOperation({ name }, metadata, resolve));
    expect(error).toMatchObject({ code: 14 });
    const scraped = await (await fetch(`http://${telemetry.metrics!.address}/metrics`)).text();
    expect(scraped).toMatch(/fathom_store_calls_total\{call="(head|list|get)",outcome="failed"\} [1-9]/);
    expect(said).toContain('"UNAVAILABLE"');
    expect(said + scraped + JSON.stringify(error)).not.toContain('s3cret');
  } finally {
    client.close();
    await served.close();
    await telemetry.close();
    rmSync(folder, { recursive: true });
  }
});

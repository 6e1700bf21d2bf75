import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CapabilitiesClient, platform } from '@fathom/contracts';
import { CODE_VERSION } from '@fathom/operations';
import { createLogger } from '@fathom/service-kit';
import { credentials } from '@grpc/grpc-js';
import { loadConfig } from './config.js';
import { serve } from './serve.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-capabilities-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ['onnxruntime', /^u8×[su]8 in int32$/],
  ['tensorflow', /^float32 \(\S+\), 512 steps a block$/],
  ['reference', /^float64$/],
])('a server tells its version, threads and engine: %s', async (engine, way) => {
  const config = loadConfig({ env: {}, overrides: { store: join(folder, 'store'), threads: 2, engine, insecure: true } });
  const address = `unix:${join(folder, 'socket')}`;
  const served = await serve([], { name: 'n', address, config, logger: createLogger({ name: 'n', level: 'silent' }) });
  const client = new CapabilitiesClient(served.address, credentials.createInsecure());
  try {
    const answer = await new Promise<platform.GetCapabilitiesResponse>((resolve, reject) =>
      client.getCapabilities({}, (error, response) => (error ? reject(error) : resolve(response))),
    );
    expect(answer).toEqual({
      codeVersion: CODE_VERSION,
      threads: 2,
      engine: { name: engine, version: expect.stringMatching(/^[0-9.]+$/), way: expect.stringMatching(way), device: platform.Device.CPU },
    });
  } finally {
    client.close();
    await served.close();
  }
});

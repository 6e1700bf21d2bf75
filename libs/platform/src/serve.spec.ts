import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@fathom/service-kit';
import { loadConfig } from './config.js';
import type { Platform } from './platform.js';
import { serve } from './serve.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-serve-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const options = () => ({
  name: 'n',
  address: `unix:${join(folder, 'socket')}`,
  config: loadConfig({ env: {}, overrides: { store: join(folder, 'store'), threads: 1, insecure: true } }),
  logger: createLogger({ name: 'n', level: 'silent' }),
});

it('a service that cannot be made closes the platform', async () => {
  const letGo = jest.fn();
  const factory = (platform: Platform): never => {
    platform.onClose(letGo);
    throw new Error('no service');
  };
  await expect(serve([factory], options())).rejects.toThrow('no service');
  expect(letGo).toHaveBeenCalledTimes(1);
});

it('the server closes though the platform fails to', async () => {
  const served = await serve([], options());
  served.platform.onClose(() => {
    throw new Error('held on');
  });
  await expect(served.close()).rejects.toThrow('held on');
  const path = join(folder, 'socket');
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connectSocket(path, () => resolve(false));
    socket.on('error', () => resolve(true));
    socket.on('connect', () => socket.destroy());
  });
  expect(refused).toBe(true);
});

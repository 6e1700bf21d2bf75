import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-main-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** How the built service ends, and what it writes. */
async function ended(settings: object, env: Record<string, string> = {}): Promise<{ code: number | null; said: string }> {
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ store: join(folder, 'store'), threads: 1, ...settings }));
  const main = resolve(__dirname, '../dist/main.js');
  const all = { PATH: process.env['PATH'], FATHOM_CONFIG: config, ...env };
  const child = spawn(process.execPath, [main], { env: all, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

describe('a service that cannot start says why in one line', () => {
  it('for a wrong setting, and ends with 2', async () => {
    expect(await ended({}, { FATHOM_THREADS: 'abc' })).toEqual({
      code: 2,
      said: 'fathom study: threads: is out of range (got abc); accepted: a whole number from 1 to 256\n',
    });
  });

  it('for an address that is taken, and ends with 6', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    try {
      const { code, said } = await ended({ addresses: { study: address }, insecure: true });
      expect({ code, lines: said.split('\n') }).toEqual({ code: 6, lines: [expect.stringContaining(address), ''] });
    } finally {
      taken.close();
    }
  });

  it('for anything else, and ends with 1', async () => {
    const { code, said } = await ended({}, { FATHOM_CONFIG: join(folder, 'none.json') });
    expect({ code, lines: said.split('\n') }).toEqual({ code: 1, lines: [expect.stringContaining('none.json'), ''] });
  });
});

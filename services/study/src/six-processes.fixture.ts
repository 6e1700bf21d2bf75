import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SERVICES, type ServiceName } from '@fathom/platform';
import { fathomClients, type FathomClients } from './fathom-clients.fixture.js';
import { FASHION } from './small-material.fixture.js';

/** Six processes, one a service, over sockets and one store. */
export interface SixProcesses {
  readonly folder: string;
  readonly store: string;
  readonly addresses: Readonly<Record<ServiceName, string>>;
  readonly clients: FathomClients;
  /** What a service has written to its log. */
  log(name: ServiceName): Record<string, unknown>[];
  /** Stops a service without ending it: it answers nobody any more. */
  freeze(name: ServiceName): void;
  /** kill -9, and start again. */
  killAndRestart(name: ServiceName): Promise<void>;
  /** Ends a service by a signal; its exit code. */
  end(name: ServiceName, signal: NodeJS.Signals): Promise<number | null>;
  close(): Promise<void>;
}

/** Starts services/<name>/dist/main.js for each service, with more variables in its environment where they are given. */
export async function sixProcesses(more: Readonly<Record<string, string>> = {}): Promise<SixProcesses> {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-six-'));
  const addresses = Object.fromEntries(SERVICES.map((name) => [name, `unix:${join(folder, `${name}.socket`)}`])) as Record<ServiceName, string>;
  const store = join(folder, 'store');
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ store, threads: 1, leaseMs: 2_000, inputRoots: [folder, FASHION], addresses, insecure: true }));
  const running = new Map<ServiceName, ChildProcess>();
  const logs = new Map<ServiceName, string>(SERVICES.map((name) => [name, '']));

  const start = async (name: ServiceName): Promise<void> => {
    const env = { ...process.env, FATHOM_CONFIG: config, FATHOM_STORE: '', FATHOM_THREADS: '', ...more };
    const child = spawn(process.execPath, [resolve(__dirname, '../..', name, 'dist/main.js')], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    running.set(name, child);
    await new Promise<void>((settle, reject) => {
      child.stderr.on('data', (text: Buffer) => {
        logs.set(name, (logs.get(name) ?? '') + text.toString());
        if (text.includes('"listening"')) settle();
      });
      child.once('exit', () => reject(new Error(`${name} ended:\n${logs.get(name)}`)));
    });
  };
  const end = async (name: ServiceName, signal: NodeJS.Signals): Promise<number | null> => {
    const child = running.get(name)!;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    child.kill(signal);
    return ((await exited) as [number | null])[0];
  };
  await Promise.all(SERVICES.map(start));
  const clients = fathomClients(addresses);
  return {
    folder,
    store,
    addresses,
    clients,
    log: (name) =>
      logs
        .get(name)!
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    freeze: (name) => void running.get(name)!.kill('SIGSTOP'),
    killAndRestart: async (name) => {
      await end(name, 'SIGKILL');
      await start(name);
    },
    end,
    close: async () => {
      clients.close();
      await Promise.all(SERVICES.map((name) => end(name, 'SIGKILL')));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

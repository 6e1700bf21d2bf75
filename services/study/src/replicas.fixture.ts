import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DictionaryClient, OperationsClient } from '@fathom/contracts';
import { connect } from '@fathom/service-kit';

/** One of several processes of the dictionary service that share a store. */
export interface Replica {
  readonly dictionary: ReturnType<typeof connect<typeof DictionaryClient.service>>;
  readonly operations: ReturnType<typeof connect<typeof OperationsClient.service>>;
  /** What it has written to its log. */
  log(): Record<string, unknown>[];
  /** kill with a signal. */
  signal(signal: NodeJS.Signals): void;
  close(): Promise<void>;
}

/** Starts services/dictionary/dist/main.js in a folder, which holds its socket. */
export async function startReplica(folder: string, name: string, settings: { readonly store: string; readonly leaseMs: number }): Promise<Replica> {
  const address = `unix:${join(folder, `${name}.socket`)}`;
  const config = join(folder, `${name}.json`);
  writeFileSync(config, JSON.stringify({ threads: 1, addresses: { dictionary: address }, insecure: true, ...settings }));
  const env = { ...process.env, FATHOM_CONFIG: config, FATHOM_STORE: '', FATHOM_THREADS: '' };
  const child: ChildProcess = spawn(process.execPath, [resolve(__dirname, '../../dictionary/dist/main.js')], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  await new Promise<void>((settle, reject) => {
    child.stderr!.on('data', (text: Buffer) => {
      log += text.toString();
      if (log.includes('"listening"')) settle();
    });
    child.once('exit', () => reject(new Error(`${name} ended:\n${log}`)));
  });
  const dictionary = connect(DictionaryClient, address);
  const operations = connect(OperationsClient, address);
  return {
    dictionary,
    operations,
    log: () => log.split('\n').flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as Record<string, unknown>] : [])),
    signal: (signal) => void child.kill(signal),
    close: async () => {
      dictionary.close();
      operations.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A MinIO with one bucket, which can be stopped, killed and started again. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freeAddresses, goTool, kill } from '../load-cluster.mjs';

export const BUCKET = 'faults';
const MOST_STARTING_MS = 60_000;

/** Starts MinIO over a folder. `access`: as a store's setting has it, without its endpoint. */
export async function startMinio(data) {
  const [accessKey, secretKey] = [`faults-${randomBytes(6).toString('hex')}`, randomBytes(24).toString('hex')];
  const [address] = await freeAddresses(1);
  const endpoint = `http://${address}`;
  const program = goTool('minio');
  mkdirSync(join(data, BUCKET), { recursive: true });
  let child;
  const answers = () =>
    new Promise((tell) => get(`${endpoint}/minio/health/live`, (answer) => tell(answer.resume().statusCode === 200)).on('error', () => tell(false)));
  const start = async () => {
    const env = { ...process.env, MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey, MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' };
    child = spawn(program, ['server', '--quiet', '--address', address, data], { env, stdio: 'ignore' });
    await once(child, 'spawn');
    for (let waited = 0; !(await answers()); waited += 50) {
      if (child.exitCode !== null || waited >= MOST_STARTING_MS) throw new Error('MinIO did not start');
      await pause(50);
    }
  };
  const ended = () => child.kill('SIGKILL');
  process.on('exit', ended);
  await start();
  return {
    data,
    endpoint,
    access: { accessKey, secretKey },
    start,
    kill: () => kill(child),
    signal: (signal) => child.kill(signal),
    end: async () => {
      process.off('exit', ended);
      child.kill('SIGCONT');
      await kill(child);
    },
  };
}

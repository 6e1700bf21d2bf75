/** Runs one measurement in a process of its own, so that its peak memory is its own, and reads the line of JSON that it ends with. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { peerPython, peerVariables } from './peers/environments.mjs';

function lastLine(command, parameters, env) {
  return new Promise((done, fail) => {
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'inherit'], env });
    let text = '';
    child.stdout.on('data', (bytes) => (text += bytes));
    child.on('error', fail).on('close', (code) => {
      const line = text.trimEnd().split('\n').at(-1);
      if (code === 0 && line.startsWith('{')) done(JSON.parse(line));
      else fail(new Error(`${parameters.join(' ').slice(0, 200)} ended with ${code}: ${text.slice(-500)}`));
    });
  });
}

/** Ours: a script of benchmarks/ours with its parameters as JSON. */
export function ours(script, parameters = {}) {
  const path = join(import.meta.dirname, 'ours', script);
  return lastLine(process.execPath, ['--max-old-space-size=4096', path, JSON.stringify(parameters)], process.env);
}

/** A peer: a script of benchmarks/peers. @returns {Promise<object | undefined>} undefined where its environment cannot be made here */
export async function peer(environment, script, ...parameters) {
  const python = peerPython(environment);
  if (python === undefined) return undefined;
  return lastLine(python, [join(import.meta.dirname, 'peers', script), ...parameters.map(String)], peerVariables());
}

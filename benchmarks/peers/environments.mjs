/**
 * The virtual environments that the peers run in, under .cache/peers, made where requirements changed. Needs Debian's python3-venv, and
 * python3-torch and python3-torchvision for the second.
 * Usage: node benchmarks/peers/environments.mjs
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = resolve(import.meta.dirname, '../../.cache/peers');
const PYTHON = process.env.FATHOM_PEERS_PYTHON ?? '/usr/bin/python3';
const ENVIRONMENTS = {
  numpy: { requirements: 'requirements.txt', venv: [], pip: [], wanted: 'import venv' },
  torch: { requirements: 'requirements-torch.txt', venv: ['--system-site-packages'], pip: ['--no-deps'], wanted: 'import torch, torchvision' },
};

/** Settings that force another kernel or number of threads on BLAS; without them it chooses what suits the processor. */
const FORCED = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE', 'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'GOTO_NUM_THREADS', 'MKL_NUM_THREADS'];

/** The environment variables of a peer: all processors, no forced kernel, and threads that do not spin long where two BLAS libraries take turns. */
export function peerVariables() {
  const variables = { ...process.env, OMP_NUM_THREADS: String(availableParallelism()), OPENBLAS_THREAD_TIMEOUT: '16', PYTHONDONTWRITEBYTECODE: '1' };
  for (const name of FORCED) if (name !== 'OMP_NUM_THREADS') delete variables[name];
  return variables;
}

/** The interpreter of one environment, made first where it is not there. @returns {string | undefined} undefined where it cannot be made here */
export function peerPython(name) {
  const { requirements, venv, pip, wanted } = ENVIRONMENTS[name];
  const folder = join(FOLDER, name);
  const python = join(folder, 'bin/python');
  const source = join(import.meta.dirname, requirements);
  const stamp = join(folder, requirements);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(source, 'utf8')) return python;
  const run = (command, ...parameters) => spawnSync(command, parameters, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
  if (spawnSync(PYTHON, ['-c', wanted], { stdio: 'ignore' }).status !== 0) return undefined;
  rmSync(folder, { recursive: true, force: true });
  const isMade =
    run(PYTHON, '-m', 'venv', ...venv, folder) &&
    run(python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...pip, '--requirement', source);
  if (!isMade) return undefined;
  copyFileSync(source, stamp);
  return python;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const name of Object.keys(ENVIRONMENTS)) console.log(`${name}: ${peerPython(name) ?? 'cannot be made here'}`);

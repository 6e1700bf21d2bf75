/** Installs the packages of package-lock.json where node_modules does not hold them; says nothing and does nothing where it does. */
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { missingPackage } = require('./missing-package.js');

const root = resolve(__dirname, '..');

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** Runs npm: the one that runs this script, where there is one. */
function npm(...parameters) {
  const own = process.env.npm_execpath;
  const [command, first] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []];
  // onnxruntime-node would fetch CUDA, which Fathom does not use by default and which fails without a network.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  return (
    spawnSync(command, [...first, ...parameters], { cwd: root, stdio: 'inherit', env, shell: command === 'npm' && process.platform === 'win32' })
      .status ?? 1
  );
}

const missing = missingPackage(readJson(join(root, 'package-lock.json')), readJson(join(root, 'node_modules/.package-lock.json')));
if (missing !== undefined) {
  console.log(`Installing packages (${missing} is missing or not as locked) …`);
  process.exitCode = npm('ci', '--loglevel=error', '--no-audit', '--no-fund');
}

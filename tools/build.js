/** Builds everything: each package to its dist/, and the report's client. Only what has changed is compiled again. */
const { spawn } = require('node:child_process');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '..');

function run(...parameters) {
  return new Promise((done) => spawn(process.execPath, parameters, { cwd: root, stdio: 'inherit' }).on('close', (code) => done(code ?? 1)));
}

async function build() {
  const codes = await Promise.all([run(require.resolve('typescript/bin/tsc'), '-b'), run(join('report', 'build.mjs'))]);
  process.exitCode = Math.max(...codes);
}

void build();

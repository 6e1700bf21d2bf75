/**
 * Runs the tests (all, or those named by the parameters, which go to Jest), prints what had to be left out because something beyond
 * Node is absent, and ends with the line `N passed, N failed`.
 *
 * FATHOM_LEFT_OUT names the file for what was left out; without it a temporary one is used.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'fathom-tests-'));
const results = join(folder, 'results.json');
const leftOut = process.env.FATHOM_LEFT_OUT || join(folder, 'left-out.txt');

function linesOf(path) {
  return existsSync(path) ? [...new Set(readFileSync(path, 'utf8').split('\n'))].filter((line) => line !== '') : [];
}

/** The services that tests start. Where one cannot be had, its tests are left out, or fail in CI, and say so themselves. */
function getServers() {
  for (const name of ['minio', 'weed']) spawnSync(process.execPath, [join(__dirname, 'go-tools.mjs'), name], { stdio: 'inherit' });
}

function main() {
  getServers();
  const jest = [require.resolve('jest/bin/jest'), '--maxWorkers=100%', '--json', `--outputFile=${results}`, ...process.argv.slice(2)];
  // Jest prints its JSON to standard output too; its report goes to standard error.
  const { status } = spawnSync(process.execPath, jest, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, FATHOM_LEFT_OUT: leftOut },
  });
  const lines = linesOf(leftOut);
  if (lines.length > 0) console.log(['', 'Left out:', ...lines.map((line) => `- ${line}`), ''].join('\n'));
  const {
    numPassedTests: passed,
    numFailedTests,
    numRuntimeErrorTestSuites,
  } = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 };
  // A file that could not be run counts as one failure.
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  process.exitCode = status === 0 && failed === 0 ? 0 : 1;
  console.log(`${passed} passed, ${failed === 0 && status !== 0 ? 1 : failed} failed`);
}

try {
  main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

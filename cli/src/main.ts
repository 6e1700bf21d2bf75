import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { FathomError } from '@fathom/errors';
import { addArtifactsCommand } from './artifacts-command.js';
import { addDemoCommand } from './demo-command.js';
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from './exit-code.js';
import { addModelsCommand } from './models-command.js';
import { addScoreCommand } from './score-command.js';
import { addServeCommand } from './serve-command.js';
import { addStudyCommand } from './study-command.js';
import { addTopCommand } from './top-command.js';
import { removeTemporaryFolders } from './temporary-folder.js';
import { throwing } from './usage-error.js';

/** The `fathom` command with all of its sub-commands. */
export function program(): Command {
  const root = new Command('fathom')
    .description('Measures what a vision network has learned: complexity, importance and robustness of every feature.')
    .version(version())
    .option('--config <file>', 'configuration file (JSON)')
    .option('--store <location>', 'where artifacts are kept: a folder, or s3://bucket/prefix (default: .fathom)')
    .option('--tenant <name>', "whose part of the store: of services that take tokens, every tenant has one (default with --remote: your token's)")
    .option('--threads <count>', 'worker threads (default: one per processor)')
    .option('--engine <name>', 'who multiplies integers: onnxruntime, tensorflow or reference (default: onnxruntime); results are the same')
    .option('--remote', 'talk to running services at the configured addresses instead of running them in this process')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `\nExample:\n  fathom demo\n\n${EXIT_CODES_HELP}`);
  for (const add of [addDemoCommand, addStudyCommand, addScoreCommand, addServeCommand, addTopCommand, addModelsCommand, addArtifactsCommand])
    add(root);
  return throwing(root);
}

/** Runs the command and ends the process with its exit code. */
export function main(argv: readonly string[]): void {
  const fail = (error: unknown): never => process.exit(explain(error, argv.includes('--json')));
  // A reader that has seen enough, such as `head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? process.exit(EXIT.OK) : fail(error)));
  process.on('uncaughtException', fail);
  process.on('exit', removeTemporaryFolders);
  program()
    .parseAsync([...argv], { from: 'user' })
    .then(() => process.exit(process.exitCode ?? EXIT.OK))
    .catch(fail);
}

/** Says what went wrong, on standard error, and returns the exit code. */
function explain(thrown: unknown, json: boolean): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.OK : EXIT.INPUT;
  const error = FathomError.from(thrown);
  const code = exitCodeOf(error);
  if (json) process.stderr.write(`${JSON.stringify({ error: { reason: error.reason, message: error.message, metadata: error.metadata } })}\n`);
  else process.stderr.write(`fathom: ${error.message}${code === EXIT.INTERRUPTED ? '; run the same command again to go on' : ''}\n`);
  if (error.reason === 'INTERNAL' && process.env['FATHOM_DEBUG'] && error.stack) process.stderr.write(`${error.stack}\n`);
  return code;
}

function version(): string {
  return (JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')) as { version: string }).version;
}

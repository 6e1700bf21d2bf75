import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { operations, study } from '@fathom/contracts';
import { FathomError, InputError } from '@fathom/errors';
import { commandContext, withServices, type GlobalOptions } from './command-context.js';
import { EXIT } from './exit-code.js';
import { followStudy, runStudyFile } from './run-study-file.js';
import type { Services } from './services.js';
import { leftOutRows } from './left-out-rows.js';
import { readStudyFile, skippingBad, type StudyFile } from './study-file.js';
import { printResults, verifyCommand, writeResults } from './study-results.js';
import type { Terminal } from './terminal.js';
import { shareOf } from './compare-artifacts.js';
import type { VerifiedStep } from './verified-step.js';
import { verifyStudy } from './verify-study.js';
import { requireWritableFolder } from './write-results.js';

/** Adds `fathom study run|watch|show|verify`. */
export function addStudyCommand(program: Command): void {
  const group = program.command('study').description('run, watch, show and verify studies');
  group
    .command('run <file>')
    .description('run the study that a JSON file describes, or resume it where it was left')
    .option('--skip-bad', 'leave out and count images of class folders that cannot be read')
    .option('--out <folder>', 'folder for report.html, scores.json and scores.csv', 'fathom-report')
    .addHelpText('after', '\nThe file is described in docs/cli.md.\n\nExample:\n  fathom study run my-study.json --out my-report')
    .action(async (path: string, options: { out: string; skipBad?: boolean }, command: Command) => {
      const context = commandContext(command.optsWithGlobals<GlobalOptions>());
      const { terminal, interruption, config } = context;
      const given = await readStudyFile(path);
      const file = options.skipBad ? skippingBad(given) : given;
      await requireWritableFolder(options.out);
      const run = await withServices(context, folders(file), (services) => runStudyFile(file, services, terminal, interruption.signal));
      const reduced = await leftOutRows(config.store, run.digest);
      for (const sentence of reduced) terminal.print(sentence);
      const words = { title: file.name, reduced, verify: [verifyCommand(run.name, command, config.store.tenant)] };
      printResults(run, await writeResults(config.store, run.digest, options.out, words), terminal);
    });
  group
    .command('watch <study>')
    .description('follow a study that runs; STUDY is a name from "study show", its first digits, or the name in its file')
    .addHelpText('after', '\nExample:\n  fathom study watch --remote my-study\n\nCtrl-C ends the watching, not the study.')
    .action(async (name: string, _options: object, command: Command) => {
      const context = commandContext(command.optsWithGlobals<GlobalOptions>());
      await withServices(context, [], async (services) => {
        const { name: full, operation } = await findStudy(services, name);
        requireFollowable(full, operation);
        const run = await followStudy(operation, services, context.terminal, context.interruption.signal);
        context.terminal.print(`${run.name} is finished: ${run.digest}`);
        context.terminal.result({ study: run.name, artifact: run.digest });
      });
    });
  group
    .command('show [study]')
    .description('list studies, or show the steps and artifacts of one')
    .addHelpText('after', '\nExample:\n  fathom study show my-study')
    .action(async (name: string | undefined, _options: object, command: Command) => {
      const context = commandContext(command.optsWithGlobals<GlobalOptions>());
      await withServices(context, [], async (services) => {
        const studies = name === undefined ? await allStudies(services) : [await findStudy(services, name)];
        for (const found of studies) printStudy(found, context.terminal);
        const shown = studies.map((found) => study.Study.toJSON(found));
        if (studies.length === 0) context.terminal.print('there is no study in this store');
        context.terminal.result(name === undefined ? shown : shown[0]);
      });
    });
  group
    .command('verify <study>')
    .description('recompute every artifact of a study, with whichever engine, and compare')
    .addHelpText(
      'after',
      `\nExample:\n  fathom study verify my-study --engine tensorflow\n\nExit code ${EXIT.DIFFERENT} if an artifact differs or cannot be read.`,
    )
    .action(async (name: string, _options: object, command: Command) => {
      const context = commandContext(command.optsWithGlobals<GlobalOptions>());
      const found = await withServices(context, [], (services) => findStudy(services, name));
      const digest = found.operation?.result?.contentDigest;
      if (!digest) throw new InputError({ field: 'study', problem: 'is not finished', value: found.name, accepted: 'a finished study' });
      const steps = await verifyStudy(context.config, digest, context.terminal, context.interruption.signal);
      printVerification(steps, context.terminal);
      const verified = steps.every(({ outcome }) => outcome !== 'different');
      context.terminal.result({ study: found.name, engine: context.config.engine, verified, steps });
      if (!verified) process.exitCode = EXIT.DIFFERENT;
    });
}

/** Refuses a study that nobody is working on. */
function requireFollowable(name: string, operation: operations.Operation | undefined): void {
  const state = operation?.state;
  if (state !== operations.OperationState.INTERRUPTED && state !== operations.OperationState.CANCELLED) return;
  const message = `${name} is not running in these services (it was ${operations.operationStateToJSON(state).replace('OPERATION_STATE_', '').toLowerCase()}); "fathom study run" with its file goes on with it`;
  throw new InputError({ field: 'study', problem: 'is not running', value: name, accepted: 'a study that runs or is finished', message });
}

/** The folders that a study file's networks and images lie in. */
function folders(file: StudyFile): string[] {
  const paths = [...file.checkpoints, ...file.controls].map(({ path }) => dirname(path));
  for (const { idx, folder, array } of [file.test, file.train]) {
    if (idx) paths.push(dirname(idx.images), dirname(idx.labels ?? idx.images));
    if (folder) paths.push(folder.path);
    if (array) paths.push(dirname(array.images), dirname(array.labels ?? array.images));
  }
  return [...new Set(paths.map((path) => resolve(path)))];
}

async function allStudies({ study: client }: Services): Promise<study.Study[]> {
  const studies: study.Study[] = [];
  let pageToken = '';
  do {
    const page = await client.listStudies({ pageSize: 100, pageToken });
    studies.push(...page.studies);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return studies;
}

async function findStudy(services: Services, given: string): Promise<study.Study> {
  const digits = given.replace(/^studies\//, '');
  const matches = (await allStudies(services)).filter(({ name, spec }) => name.startsWith(`studies/${digits}`) || spec?.name === given);
  if (matches.length === 0)
    throw new FathomError('NOT_FOUND', `there is no study "${given}" in this store; "fathom study show" lists them`, { metadata: { study: given } });
  if (matches.length > 1)
    throw new InputError({
      field: 'study',
      problem: 'fits several studies',
      value: given,
      accepted: `one of ${matches.map(({ name }) => name).join(', ')}`,
    });
  const { study: found } = await services.study.getStudy({ name: matches[0]!.name });
  return found!;
}

function printStudy({ name, spec, operation, steps }: study.Study, terminal: Terminal): void {
  const state = operations.OperationState[operation?.state ?? 0];
  terminal.print(`${name}  ${state}  "${spec?.name}"  ${spec?.checkpoints.length} checkpoints, ${spec?.controls.length} controls`);
  if (operation?.error) terminal.print(`  failed: ${operation.error.message}`);
  for (const step of steps) terminal.print(`  ${step.name.padEnd(34)} ${step.operation?.result?.contentDigest ?? ''}`);
  if (operation?.result) terminal.print(`  study artifact: ${operation.result.contentDigest}`);
}

function printVerification(steps: readonly VerifiedStep[], terminal: Terminal): void {
  for (const { step, stored, recomputed, outcome, deviation, madeBy, recomputedBy, problem } of steps) {
    const engines = madeBy === recomputedBy ? `${madeBy ?? 'no engine'}, both times` : `${madeBy ?? 'unknown'}, then ${recomputedBy ?? 'none'}`;
    const off = deviation === undefined ? '' : `, off by at most ${shareOf(deviation)}`;
    terminal.print(
      outcome === 'different'
        ? `DIFFERENT    ${step}  stored ${stored}, recomputed ${recomputed ?? 'nothing'}${problem ? `: ${problem}` : ''}; by ${engines}`
        : `${outcome.padEnd(12)} ${step}  ${stored}${off}; by ${engines}`,
    );
  }
  const count = (wanted: VerifiedStep['outcome']): number => steps.filter(({ outcome }) => outcome === wanted).length;
  terminal.print(`${steps.length} artifacts: ${count('same bits')} same bits, ${count('within 1e-4')} within 1e-4, ${count('different')} different`);
}

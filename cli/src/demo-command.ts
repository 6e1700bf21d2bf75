import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '@fathom/errors';
import { commandContext, withServices, type GlobalOptions } from './command-context.js';
import { DEMO_SIZES, demoStudy, reductions } from './demo-study.js';
import { runStudyFile } from './run-study-file.js';
import { printResults, verifyCommand, writeResults } from './study-results.js';
import { requireWritableFolder } from './write-results.js';

/** The folder with the demo's networks and images. */
const MATERIAL = resolve(__dirname, '../../models/fashion');

/** Adds `fathom demo`. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('study the network that comes with Fathom and write a report')
    .option('--full', 'use all images: 10,000 to score, 2,000 × 100 × 3 noisy ones (about ten minutes)')
    .option('--controls <count>', 'untrained networks to use as control, 1 to 3', '1')
    .option('--out <folder>', 'folder for report.html, scores.json and scores.csv', 'fathom-report')
    .addHelpText('after', '\nExample:\n  fathom demo --out my-report\n\nA second run on the same store computes nothing again.')
    .action(async (options: { full?: boolean; controls: string; out: string }, command: Command) => {
      const context = commandContext(command.optsWithGlobals<GlobalOptions>());
      const { terminal, interruption, config } = context;
      const size = { ...(options.full ? DEMO_SIZES.full : DEMO_SIZES.quick), controls: controlCount(options.controls) };
      await requireWritableFolder(options.out);
      const file = await demoStudy(MATERIAL, size);
      const run = await withServices(context, [MATERIAL], (services) => runStudyFile(file, services, terminal, interruption.signal));
      const words = {
        title: 'What a small residual network sees in clothes',
        reduced: reductions(size),
        verify: [verifyCommand(run.name, command, config.store.tenant)],
      };
      printResults(run, await writeResults(config.store, run.digest, options.out, words), terminal);
    });
}

function controlCount(text: string): number {
  const count = Number(text);
  if (count !== 1 && count !== 2 && count !== 3)
    throw new InputError({ field: '--controls', problem: 'is out of range', value: text, accepted: '1, 2 or 3' });
  return count;
}

import { InputError } from '@fathom/errors';
import type { Command } from 'commander';
import { commandContext, type GlobalOptions } from './command-context.js';
import { scoreFolder } from './score-folder.js';
import { requireWritableFile, writeWhole } from './write-results.js';

/** Adds `fathom score`. */
export function addScoreCommand(program: Command): void {
  program
    .command('score <folder>')
    .description('score features from arrays in safetensors files, without any server')
    .requiredOption('--out <file>', 'file for the scores (JSON)')
    .option('--bits <count>', 'bits of the fixed point that arrays are read in: 16, or 24 for a hundred times the accuracy', '16')
    .addHelpText(
      'after',
      `
The folder holds layers.safetensors (tensors [n, d], the last is the penultimate layer) and codes.safetensors (z [n, k]) and,
where there, head.safetensors (W [d, C], b [C]), dictionary.safetensors (D [k, d]), masks.safetensors (m [M, d]),
noisy_codes.safetensors (z [sigma, draws, images, k]), checkpoints.safetensors, rows.safetensors (labels, permutation) and
case.json (folds, alphas, layers, checkpoints, seed). What an absent file prevents is absent from the scores.

Example:
  fathom score my-arrays --out scores.json
  fathom score my-arrays --bits 24 --out scores.json`,
    )
    .action(async (folder: string, options: { out: string; bits: string }, command: Command) => {
      const { config, terminal, interruption } = commandContext(command.optsWithGlobals<GlobalOptions>());
      const bits = bitsOf(options.bits);
      await requireWritableFile(options.out);
      let opened = { layers: [] as readonly string[], checkpoints: [] as readonly string[], features: 0 };
      const json = await scoreFolder({ folder, bits, threads: config.threads, engine: config.engine }, interruption.signal, (message) => {
        if (message.type === 'progress') return terminal.progress({ ...message, stage: 'layers and checkpoints' });
        opened = message;
        terminal.note(`layers, in this order: ${message.layers.join(', ')}`);
        if (message.checkpoints.length > 0) terminal.note(`checkpoints, in this order: ${message.checkpoints.join(', ')}`);
      });
      terminal.endProgress();
      const { layers, checkpoints, features } = opened;
      const path = await writeWhole(options.out, json);
      terminal.print(`scores of ${features} features over ${layers.length} layers: ${path}`);
      terminal.result({ scores: path, features, layers, checkpoints });
    });
}

function bitsOf(text: string): 16 | 24 {
  if (text === '16') return 16;
  if (text === '24') return 24;
  throw new InputError({ field: '--bits', problem: 'no fixed point', value: text, accepted: '16 or 24' });
}

import { openScoreInputs, scoreArrays } from '@fathom/analyses';
import type { Command } from 'commander';
import { commandContext, type GlobalOptions } from './command-context.js';
import { writeWhole } from './write-results.js';

/** Adds `fathom score`. */
export function addScoreCommand(program: Command): void {
  program
    .command('score <folder>')
    .description('score features from arrays in safetensors files, without any server')
    .requiredOption('--out <file>', 'file for the scores (JSON)')
    .addHelpText(
      'after',
      `
The folder holds layers.safetensors (tensors [n, d], the last is the penultimate layer) and codes.safetensors (z [n, k]) and,
where there, head.safetensors (W [d, C], b [C]), dictionary.safetensors (D [k, d]), masks.safetensors (m [M, d]),
noisy_codes.safetensors (z [sigma, draws, images, k]), checkpoints.safetensors, rows.safetensors (labels, permutation) and
case.json (folds, alphas, layers, seed). What an absent file prevents is absent from the scores.

Example:
  fathom score my-arrays --out scores.json`,
    )
    .action(async (folder: string, options: { out: string }, command: Command) => {
      const { terminal, interruption } = commandContext(command.optsWithGlobals<GlobalOptions>());
      const inputs = await openScoreInputs(folder);
      try {
        terminal.note(`layers, in this order: ${inputs.layerNames.join(', ')}`);
        if (inputs.checkpointNames) terminal.note(`checkpoints, in this order: ${inputs.checkpointNames.join(', ')}`);
        const scores = await scoreArrays(inputs, {
          throwIfCancelled: () => interruption.signal.throwIfAborted(),
          progress: (done, total) => terminal.progress({ done, total, stage: 'scoring' }),
        });
        terminal.endProgress();
        const path = await writeWhole(options.out, `${JSON.stringify(scores, null, 1)}\n`);
        terminal.print(`scores of ${inputs.codes.columns} features over ${inputs.layerNames.length} layers: ${path}`);
        terminal.result({ scores: path, features: inputs.codes.columns, layers: inputs.layerNames, checkpoints: inputs.checkpointNames ?? [] });
      } finally {
        await inputs.close();
      }
    });
}

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { describeNetwork } from '@fathom/engines';
import { FathomError } from '@fathom/errors';
import { commandContext, type GlobalOptions } from './command-context.js';

/** Adds `fathom models describe`. */
export function addModelsCommand(program: Command): void {
  const group = program.command('models').description('look into networks');
  group
    .command('describe <file>')
    .description('show the residual blocks, taps, penultimate layer and head that are found in an ONNX file')
    .option('--tap <tensor...>', 'name the taps instead of finding them')
    .addHelpText('after', '\nExample:\n  fathom models describe models/fashion/checkpoints/epoch-15.onnx')
    .action(async (file: string, options: { tap?: string[] }, command: Command) => {
      const { terminal } = commandContext(command.optsWithGlobals<GlobalOptions>());
      const bytes = await readFile(resolve(file)).catch((cause: Error) => {
        throw new FathomError('NOT_FOUND', `${file} cannot be read: ${cause.message}`, { cause, metadata: { path: file } });
      });
      const { input, blocks, taps, penultimate, head, logits, opset, producer } = describeNetwork(bytes, options.tap ? { taps: options.tap } : {});
      terminal.print(`input        ${input.name}  [${input.fixedBatch ?? 'any'}, ${input.channels}, ${input.height}, ${input.width}]`);
      for (const { tap, nonLinearity, shortcut, main } of blocks)
        terminal.print(`block        ${tap}  = ${nonLinearity ?? 'no non-linearity'} of ${shortcut} + ${main}`);
      terminal.print(`taps         ${taps.join(', ')}`);
      terminal.print(`penultimate  ${penultimate.tensor}  ${penultimate.width} channels`);
      terminal.print(`head         ${head.classes} classes, logits ${logits}`);
      terminal.print(`made by      ${producer || 'unknown'}, opset ${opset}`);
      terminal.result({ input, blocks, taps, penultimate, classes: head.classes, logits, opset, producer });
    });
}

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { BATCH, modelOptions, readNetwork } from '@fathom/analyses';
import { describeNetwork, tryNetwork, type NetworkDescription } from '@fathom/engines';
import { FathomError, restoreError } from '@fathom/errors';
import type { Config } from '@fathom/platform';
import { commandContext, type GlobalOptions } from './command-context.js';

/** Adds `fathom models describe`. */
export function addModelsCommand(program: Command): void {
  const group = program.command('models').description('look into networks');
  group
    .command('describe <file>')
    .description('show the residual blocks, taps, penultimate layer and head that are found in an ONNX file or a TensorFlow.js model.json')
    .option('--tap <tensor...>', 'name the taps instead of finding them')
    .addHelpText('after', '\nExample:\n  fathom models describe models/fashion/checkpoints/epoch-15.onnx')
    .action(async (file: string, options: { tap?: string[] }, command: Command) => {
      const { config, terminal } = commandContext(command.optsWithGlobals<GlobalOptions>());
      const description = await describe(file, options.tap ?? [], config.limits);
      const { input, blocks, taps, penultimate, head, logits, opset, producer } = description;
      terminal.print(`input        ${input.name}  [${input.fixedBatch ?? 'any'}, ${input.channels}, ${input.height}, ${input.width}]`);
      for (const { tap, nonLinearity, shortcut, main } of blocks)
        terminal.print(`block        ${tap}  = ${nonLinearity ?? 'no non-linearity'} of ${shortcut} + ${main}`);
      terminal.print(`taps         ${taps.join(', ')}`);
      terminal.print(`penultimate  ${penultimate.tensor}  ${penultimate.width} channels`);
      terminal.print(`head         ${head.classes} classes, logits ${logits}`);
      terminal.print(`made by      ${producer || 'unknown'}${opset > 0 ? `, opset ${opset}` : ''}`);
      terminal.result({ input, blocks, taps, penultimate, classes: head.classes, logits, opset, producer });
    });
}

/** Describes the network of a file, once it has been tried; an error names the file. */
async function describe(file: string, taps: readonly string[], limits: Config['limits']): Promise<NetworkDescription> {
  const { modelBytes, modelSeconds: seconds, modelMemoryBytes: memoryBytes } = limits;
  try {
    const network = await readNetwork(resolve(file), modelBytes);
    await tryNetwork(network, { taps, batch: BATCH, limits: modelOptions(limits), seconds, memoryBytes });
    return describeNetwork(network, { ...modelOptions(limits), ...(taps.length > 0 && { taps }) });
  } catch (thrown) {
    const { reason, message, metadata } = FathomError.from(thrown);
    throw restoreError({ reason, message: `${file}: ${message}`, metadata });
  }
}

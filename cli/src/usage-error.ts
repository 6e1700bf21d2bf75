import type { Command, CommanderError } from 'commander';
import { InputError } from '@fathom/errors';

/** Makes commander throw instead of ending the process, and leaves it to `explain` to print what was wrong; in every sub-command too. */
export function throwing(command: Command): Command {
  command.exitOverride((error) => {
    throw usageError(error, command);
  });
  command.configureOutput({ outputError: () => undefined });
  for (const child of command.commands) throwing(child);
  return command;
}

/** What was wrong with a command line, as one sentence; help and version, which end a command too, stay as they are. */
function usageError(error: CommanderError, command: Command): Error {
  if (error.exitCode === 0 || error.code === 'commander.help') return error;
  const excess = error.code === 'commander.excessArguments' ? `: ${command.args.join(' ')}` : '';
  const problem = `${error.message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/\.$/, '')}${excess}`;
  const accepted = acceptedBy(error.code, command);
  return new InputError({ field: 'command line', problem, accepted, message: `${problem}; accepted: ${accepted}` });
}

function acceptedBy(code: string, command: Command): string {
  if (code === 'commander.unknownCommand') return command.commands.map((child) => child.name()).join(', ');
  if (code === 'commander.unknownOption') return optionsOf(command).join(', ');
  return `what "${pathOf(command)} --help" shows`;
}

function optionsOf(command: Command | null): string[] {
  return command === null ? ['--help'] : [...command.options.map(({ long, flags }) => long ?? flags), ...optionsOf(command.parent)];
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

import type { Command } from 'commander';
import { FathomError } from '@fathom/errors';
import { connection } from '@fathom/platform';
import { clusterTable } from './cluster-table.js';
import { ClusterEye, type ClusterView } from './cluster-view.js';
import { commandContext, type GlobalOptions } from './command-context.js';
import { liveScreen } from './live-screen.js';

/** Adds `fathom top`. */
export function addTopCommand(program: Command): void {
  program
    .command('top')
    .description('show the services at the configured addresses and their operations, live')
    .option('--once', 'print them once; off a terminal that is the default')
    .addHelpText('after', '\nExample:\n  fathom top\n\nq or Ctrl-C ends it. With --json, one line for each service and each operation.')
    .action(async (options: { once?: boolean }, command: Command) => {
      const { config, terminal, interruption } = commandContext(command.optsWithGlobals<GlobalOptions>());
      const eye = new ClusterEye(config.addresses, connection(config));
      try {
        if (!options.once && !terminal.json && process.stdout.isTTY && process.stdin.isTTY) {
          const seen = new Set<string>();
          const look = async (): Promise<ClusterView> => unsettled(await eye.look(), seen);
          await liveScreen({ look, draw: clusterTable, screen: process.stdout, keyboard: process.stdin, signal: interruption.signal });
          return;
        }
        const view = await eye.look();
        if (terminal.json) for (const line of jsonLines(view)) process.stdout.write(`${line}\n`);
        else for (const line of clusterTable(unsettled(view))) terminal.print(line);
        if (view.services.every(({ health }) => health === 'unreachable'))
          throw new FathomError('UNAVAILABLE', `no service answers at ${view.services.map(({ address }) => address).join(', ')}`);
      } finally {
        eye.close();
      }
    });
}

/** Without the operations that have succeeded, but for those that were seen before they had. */
function unsettled({ services, operations }: ClusterView, seen = new Set<string>()): ClusterView {
  for (const { name, state } of operations) if (state !== 'succeeded') seen.add(name);
  return { services, operations: operations.filter(({ name }) => seen.has(name)) };
}

function jsonLines({ services, operations }: ClusterView): string[] {
  return [
    ...services.map((each) => JSON.stringify({ type: 'service', ...each })),
    ...operations.map((each) => JSON.stringify({ type: 'operation', ...each })),
  ];
}

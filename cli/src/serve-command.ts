import type { Command } from 'commander';
import { InputError } from '@fathom/errors';
import { openTelemetry, serve, SERVICES, type Served, type ServiceName } from '@fathom/platform';
import { createLogger, runUntilSignalled } from '@fathom/service-kit';
import { commandContext, type GlobalOptions } from './command-context.js';
import { FACTORIES } from './services.js';

/** Adds `fathom serve`. */
export function addServeCommand(program: Command): void {
  program
    .command('serve [services...]')
    .description(`serve ${SERVICES.join(', ')}: those named, or all six, each at its configured address`)
    .option('--insecure', 'serve without TLS and tokens, on loopback addresses and Unix sockets of this machine alone')
    .addHelpText(
      'after',
      '\nExample:\n  fathom serve activation dictionary --insecure\n\nLogs are JSON lines on standard error. Ctrl-C ends it; what is finished is kept.',
    )
    .action(async (names: string[], _options: object, command: Command) => {
      const context = commandContext(command.optsWithGlobals<GlobalOptions>());
      context.interruption.release();
      const wanted = names.length === 0 ? SERVICES : names.map(serviceNamed);
      const { config } = context;
      const telemetry = await openTelemetry(config, createLogger({ name: 'fathom', level: config.logLevel }));
      const served: Served[] = [];
      try {
        for (const name of new Set(wanted)) {
          const logger = createLogger({ name, level: config.logLevel });
          served.push(await serve([FACTORIES[name]], { name, address: config.addresses[name], config, logger, telemetry }));
          context.terminal.print(`${name} listens on ${served.at(-1)?.address}`);
        }
      } catch (error) {
        await Promise.all([...served, telemetry].map((each) => each.close()));
        throw error;
      }
      await runUntilSignalled(served);
      await telemetry.close();
    });
}

function serviceNamed(name: string): ServiceName {
  const found = SERVICES.find((service) => service === name);
  if (!found) throw new InputError({ field: 'service', problem: 'is not known', value: name, accepted: SERVICES.join(', ') });
  return found;
}

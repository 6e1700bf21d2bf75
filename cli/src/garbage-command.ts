import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { collectGarbage, type Garbage } from '@fathom/artifacts';
import { FathomError, InputError } from '@fathom/errors';
import { openStore, tenantsOf, tenantStore } from '@fathom/store';
import { commandContext, type GlobalOptions } from './command-context.js';

const DAY_MS = 86_400_000;
const GRACE_DAYS = '7';
/** How long services have to hear of a removal. They remember for seconds what was there, and name within seconds what they have stored. */
const SETTLE_MS = 30_000;

interface Options {
  readonly dryRun?: boolean;
  readonly grace: string;
  readonly keep?: string[];
  readonly takeOver?: boolean;
}

/** Adds `fathom artifacts gc`. */
export function addGarbageCommand(group: Command): void {
  group
    .command('gc')
    .description('remove artifacts and parts that no study and no unfinished operation needs; services may run meanwhile')
    .option('--dry-run', 'only say what would be removed, and how many bytes')
    .option('--grace <days>', 'remove what earlier runs of this command saw unneeded so many days ago', GRACE_DAYS)
    .option('--keep <digest...>', 'artifacts to keep too, with all that they are made of')
    .option('--take-over', 'begin although a removal was broken off')
    .addHelpText('after', '\nExample:\n  fathom artifacts gc --dry-run')
    .action(async (options: Options, command: Command) => {
      const { config, terminal } = commandContext(command.optsWithGlobals<GlobalOptions>());
      const { dryRun = false, takeOver = false } = options;
      const [graceMs, keep] = [daysIn(options.grace) * DAY_MS, (options.keep ?? []).map(digestIn)];
      const objects = openStore(config.store);
      const found: { store: string; garbage: Garbage }[] = [];
      for (const store of [objects, ...(await tenantsOf(objects)).map((tenant) => tenantStore(objects, tenant))]) {
        const garbage = await collectGarbage(store, { dryRun, takeOver, graceMs, settleMs: SETTLE_MS, keep, now: Date.now, pause });
        found.push({ store: store.name, garbage });
        terminal.print(`${store.name}:`);
        for (const line of linesOf(garbage, dryRun)) terminal.print(`  ${line}`);
      }
      terminal.result(found.map(({ store, garbage }) => ({ store, ...garbage })));
      const lost = found.flatMap(({ garbage }) => garbage.lost);
      if (lost.length > 0)
        throw new FathomError(
          'CORRUPT_DATA',
          `a study took up what was being removed: ${lost.join(', ')}; verify the studies, and run those again that miss it`,
          {
            metadata: { keys: lost.join(',') },
          },
        );
    });
}

function linesOf({ removed, waiting }: Garbage, dryRun: boolean): string[] {
  const lines = Object.entries(removed).flatMap(([folder, { objects, bytes }]) => {
    if (objects === 0) return [];
    return [`${folder.padEnd(10)} ${objects} objects, ${bytes} bytes ${dryRun ? 'would be removed' : 'removed'}`];
  });
  const later = Object.values(waiting).reduce((sum, { objects, bytes }) => ({ objects: sum.objects + objects, bytes: sum.bytes + bytes }));
  if (later.objects > 0) lines.push(`${later.objects} objects, ${later.bytes} bytes are needed by nothing, but not for long enough`);
  return lines.length === 0 ? ['nothing to remove'] : lines;
}

function daysIn(text: string): number {
  const days = text.trim() === '' ? NaN : Number(text);
  if (!(days >= 0 && days <= 36_500))
    throw new InputError({ field: '--grace', problem: 'is no number of days', value: text, accepted: 'a number from 0 to 36500' });
  return days;
}

function digestIn(text: string): string {
  if (!/^(sha256:)?[0-9a-f]{64}$/.test(text))
    throw new InputError({ field: '--keep', problem: 'is no content digest', value: text, accepted: '"sha256:" and 64 hexadecimal digits' });
  return text;
}

import type { Command } from 'commander';
import { ArtifactStore, type Artifact, type Provenance } from '@fathom/artifacts';
import { FathomError, InputError } from '@fathom/errors';
import { openStore } from '@fathom/store';
import { encodeSafetensors } from '@fathom/tensors';
import { commandContext, type GlobalOptions } from './command-context.js';
import { addGarbageCommand } from './garbage-command.js';
import { writeWhole } from './write-results.js';

/** Adds `fathom artifacts ls|get|gc`. */
export function addArtifactsCommand(program: Command): void {
  const group = program.command('artifacts').description('list and fetch artifacts of the store, and remove what is needed no more');
  group
    .command('ls')
    .description('list artifacts: digest, kind, bytes')
    .option('--kind <kind>', 'only artifacts of this kind')
    .addHelpText('after', '\nExample:\n  fathom artifacts ls --kind complexity')
    .action(async (options: { kind?: string }, command: Command) => {
      const { config, terminal } = commandContext(command.optsWithGlobals<GlobalOptions>());
      const artifacts = new ArtifactStore(openStore(config.store));
      const rows: unknown[] = [];
      for await (const { digest, kind, bytes } of artifacts.list()) {
        if (options.kind !== undefined && kind !== options.kind) continue;
        rows.push({ digest, kind, bytes });
        terminal.print(`${digest}  ${kind.padEnd(14)} ${String(bytes).padStart(12)} bytes`);
      }
      terminal.result(rows);
    });
  group
    .command('get <digest>')
    .description('show an artifact, or write its tensors to a safetensors file; the digest may be shortened')
    .option('--out <file>', 'safetensors file to write')
    .option('--tensor <name...>', 'only these tensors')
    .addHelpText('after', '\nExample:\n  fathom artifacts get sha256:1a2b3c --out codes.safetensors')
    .action(async (given: string, options: { out?: string; tensor?: string[] }, command: Command) => {
      const { config, terminal } = commandContext(command.optsWithGlobals<GlobalOptions>());
      const artifact = await findArtifact(new ArtifactStore(openStore(config.store)), given);
      const { digest, kind, attributes, provenance, tensors } = artifact;
      if (options.out !== undefined) {
        const names = options.tensor ?? Object.keys(tensors);
        const bytes = encodeSafetensors(await Promise.all(names.map((name) => artifact.tensor(name))), { content_digest: digest });
        terminal.print(`${names.join(', ')}: ${await writeWhole(options.out, bytes)}`);
      } else {
        terminal.print(`${digest}  ${kind}`);
        for (const [name, { dtype, shape }] of Object.entries(tensors)) terminal.print(`  ${name.padEnd(28)} ${dtype} [${shape.join(', ')}]`);
        terminal.print(`  made by ${originOf(provenance)}`);
      }
      terminal.result({ digest, kind, attributes, provenance, tensors });
    });
  addGarbageCommand(group);
}

/** Job, code, engine and class in a line. */
function originOf({ job, codeVersion, engine, arithmetic, determinism }: Provenance): string {
  const on = engine ? ` on ${engine.name} ${engine.version}` : '';
  const by = arithmetic ? `, integers by ${arithmetic.name} ${arithmetic.version} (${arithmetic.way})` : '';
  return `${job} ${codeVersion}${on}, ${determinism}${by}`;
}

const SHORTEST = 6;

async function findArtifact(artifacts: ArtifactStore, given: string): Promise<Artifact> {
  const wanted = given.startsWith('sha256:') ? given : `sha256:${given}`;
  if (!/^sha256:[0-9a-f]*$/.test(wanted) || wanted.length < 'sha256:'.length + SHORTEST)
    throw new InputError({
      field: 'digest',
      problem: 'is no content digest',
      value: given,
      accepted: `"sha256:" and at least ${SHORTEST} hexadecimal digits`,
    });
  const matches: string[] = [];
  for await (const { digest } of artifacts.list()) if (digest.startsWith(wanted)) matches.push(digest);
  if (matches.length === 0) throw new FathomError('NOT_FOUND', `there is no artifact ${given} in this store`, { metadata: { digest: given } });
  if (matches.length > 1)
    throw new InputError({ field: 'digest', problem: 'fits several artifacts', value: given, accepted: `one of ${matches.join(', ')}` });
  return artifacts.open(matches[0]!);
}

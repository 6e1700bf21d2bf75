import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT_CODES_HELP } from './exit-code.js';
import { program } from './main.js';
import { ROOT } from './run-fathom.fixture.js';

function commands(command: Command, path: string): [string, Command][] {
  const inner = command.commands.flatMap((child) => commands(child, `${path} ${child.name()}`));
  return [[path, command], ...inner];
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

const all = commands(program(), 'fathom');
const working = all.filter(([, command]) => command.commands.length === 0);

test('the commands are those that are promised', () => {
  const names = working.map(([path]) => path.replace('fathom ', '')).sort();
  expect(names).toEqual([
    'artifacts gc',
    'artifacts get',
    'artifacts ls',
    'demo',
    'models describe',
    'score',
    'serve',
    'study run',
    'study show',
    'study verify',
    'study watch',
    'top',
  ]);
});

test.each(working)('%s --help shows an example', (path, command) => {
  expect(helpOf(command)).toMatch(new RegExp(`Example:\n  ${path}`));
});

test('fathom --help shows an example and the exit codes', () => {
  const help = helpOf(all[0]![1]);
  expect(help).toContain('Example:\n  fathom demo');
  expect(help).toContain(EXIT_CODES_HELP);
});

const DOCS = join(ROOT, 'docs/cli.md');

(existsSync(DOCS) ? test.each(all) : test.skip.each(all))('docs/cli.md tells of %s and its options', (path, command) => {
  const docs = readFileSync(DOCS, 'utf8');
  expect(docs).toContain(path);
  for (const { long } of command.options) expect(docs).toContain(long);
});

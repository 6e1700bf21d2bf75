import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { program } from './main.js';

const root = resolve(__dirname, '../..');
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))].filter((path) => path.endsWith('.md'));
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

/** The command lines of the blocks tagged sh, without comments; a backslash joins lines. */
function commandLines(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block!.replaceAll('\\\n', ' '));
  return blocks.flatMap((block) => block.split('\n')).map((line) => line.replace(/(^|\s)#.*$/, '').trim());
}

/** What is given to `fathom` in a command line; undefined where it runs something else. */
function fathomArguments(line: string): string[] | undefined {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain!);
  const at = words.findIndex((word) => word === 'fathom' || word === 'cli/bin/fathom.js');
  return at < 0 || words.slice(0, at).some((word) => !/^(npx|node|[A-Z_]+=.*)$/.test(word)) ? undefined : words.slice(at + 1);
}

/** The command with nothing behind it: what it is given is only parsed. */
function idle(command: Command): Command {
  command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  if (command.commands.length === 0) command.action(() => undefined);
  for (const child of command.commands) idle(child);
  return command;
}

const lines = pages.flatMap((page) => commandLines(textOf(page)).map((line) => ({ page, line })));
const calls = lines.flatMap(({ page, line }) => ((fathomArguments(line) ?? []).length > 0 ? [{ page, line, given: fathomArguments(line)! }] : []));

describe('the documentation', () => {
  it.each(calls)('$page: $line', async ({ given }) => {
    await idle(program()).parseAsync(given, { from: 'user' });
  });

  it('shows every command', () => {
    const shown = new Set(calls.map(({ given }) => given.filter((word) => !word.startsWith('-')).join(' ')));
    const leaves = (command: Command, path: string): string[] =>
      command.commands.length === 0 ? [path] : command.commands.flatMap((child) => leaves(child, `${path} ${child.name()}`.trim()));
    for (const leaf of leaves(program(), '')) expect([...shown]).toContainEqual(expect.stringMatching(new RegExp(`(^| )${leaf}( |$)`)));
  });

  it('names npm scripts that there are', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    for (const { line } of lines) {
      const name = /^npm (?:run )?(demo|test|[a-z:]+)\b/.exec(line)?.[1];
      if (name !== undefined && !['ci', 'install'].includes(name)) expect(Object.keys(scripts)).toContain(name);
    }
  });

  it.each(pages)('%s links to what exists', (page) => {
    const text = textOf(page).replaceAll(/^```.*?^```/gms, '');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!).filter((target) => !/^(https?:|mailto:)/.test(target));
    const missing = targets.filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(root, page) : join(root, dirname(page), path);
      if (!existsSync(file)) return true;
      return anchor !== undefined && file.endsWith('.md') && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor);
    });
    expect(missing).toEqual([]);
  });

  it('has every section of docs/measures.md that the code cites', () => {
    const sections = [...textOf('docs/measures.md').matchAll(/^#+ (\d+(?:\.\d+|[ab])?)[. ]/gm)].map(([, number]) => number!);
    const cited = sources(root).flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/docs\/measures\.md (§[^);:]*)/g)].flatMap(([, list]) =>
        [...list!.matchAll(/§(\d+(?:\.\d+|[ab])?)/g)].map(([, section]) => ({ section: section!, path: relative(root, path) })),
      ),
    );
    expect(cited.length).toBeGreaterThan(50);
    expect(cited.filter(({ section }) => !sections.includes(section))).toEqual([]);
  });
});

/** The anchors that GitHub gives to headings. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Our own TypeScript sources. */
function sources(folder: string): string[] {
  const packages = ['libs', 'services'].flatMap((group) => readdirSync(join(folder, group)).map((name) => join(group, name)));
  return [...packages, 'cli', 'report'].flatMap((name) => {
    const src = join(folder, name, 'src');
    if (!existsSync(src)) return [];
    const found = readdirSync(src, { recursive: true, encoding: 'utf8' });
    return found.filter((path) => path.endsWith('.ts') && !path.includes('gen/')).map((path) => join(src, path));
  });
}

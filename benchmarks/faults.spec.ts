import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What an expression is, in a process that has imported a file of `faults`. */
async function evaluated(file: string, expression: string): Promise<unknown> {
  const url = pathToFileURL(join(__dirname, 'faults', file)).href;
  const program = `import * as it from ${JSON.stringify(url)}; console.log(JSON.stringify(${expression}));`;
  return JSON.parse((await run(process.execPath, ['--input-type=module', '--eval', program])).stdout) as unknown;
}

it('a part counts as computed again where it was begun after the store had it, and came to an end', async () => {
  const house = `{
    parts: { finished: new Map([['a/1', 10], ['a/2', 10], ['a/3', 10], ['b/1', 30]]) },
    work: () => [
      { action: 'part', operation: 'a', part: '1', begun: 9, ended: 12 },
      { action: 'part', operation: 'a', part: '1', begun: 10.5, ended: 13 },
      { action: 'part', operation: 'a', part: '2', begun: 11, ended: 12, failure: 'CANCELLED' },
      { action: 'finish', operation: 'a', part: '3', begun: 11, ended: 12 },
      { action: 'part', operation: 'b', part: '1', begun: 20, ended: 31 },
      { action: 'part', operation: 'c', part: '1', begun: 20, ended: 31 },
    ],
  }`;
  expect(await evaluated('verdict.mjs', `it.computedAgain(${house})`)).toEqual([expect.objectContaining({ operation: 'a', part: '1', begun: 10.5 })]);
});

it('a line of the log is found by what is said, with its error and its job', async () => {
  const house = `{ log: () => [
    { process: 'study', msg: 'listening' },
    { process: 'dictionary', msg: 'operation failed', error: { message: 'no room left' }, job: 'dictionary.fit' },
  ] }`;
  expect(await evaluated('verdict.mjs', `[it.lineOf(${house}, /failed: no room/), it.lineOf(${house}, /taken over/) ?? null]`)).toEqual([
    'dictionary: operation failed: no room left (dictionary.fit)',
    null,
  ]);
});

it('what is drawn depends on the seed and the name alone', async () => {
  const draw = (seed: number, name: string): Promise<unknown> =>
    evaluated('chance.mjs', `((next) => Array.from({ length: 1000 }, next))(it.chance(${seed}, '${name}'))`);
  const drawn = (await draw(1, 'kills')) as number[];
  expect(await draw(1, 'kills')).toEqual(drawn);
  expect(await draw(2, 'kills')).not.toEqual(drawn);
  expect(await draw(1, 'clock')).not.toEqual(drawn);
  expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(new Set(drawn.map((value) => Math.floor(10 * value))).size).toBe(10);
});

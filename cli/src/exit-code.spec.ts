import { FathomError, REASONS, type Reason } from '@fathom/errors';
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from './exit-code.js';

test.each(Object.keys(REASONS) as Reason[])('%s has an exit code of its own kind, never 0', (reason) => {
  const code = exitCodeOf(new FathomError(reason, 'm'));
  expect(Object.values(EXIT)).toContain(code);
  expect(code).not.toBe(EXIT.OK);
});

test('what is no error of Fathom is a failure', () => {
  expect([exitCodeOf(new TypeError('x')), exitCodeOf('text'), exitCodeOf(undefined)]).toEqual([EXIT.FAILED, EXIT.FAILED, EXIT.FAILED]);
});

test.each([
  ['INVALID_INPUT', 2],
  ['NOT_FOUND', 3],
  ['STORE_FULL', 5],
  ['CORRUPT_DATA', 5],
  ['ADDRESS_IN_USE', 6],
  ['UNAVAILABLE', 6],
  ['CANCELLED', 130],
  ['INTERNAL', 1],
] as const)('%s ends the command with %d', (reason, code) => expect(exitCodeOf(new FathomError(reason, 'm'))).toBe(code));

test('the help names every exit code', () => {
  const named = [...EXIT_CODES_HELP.matchAll(/(?:: |, |,\n)(\d+) /g)].map(([, code]) => Number(code));
  expect(named).toEqual(Object.values(EXIT));
});

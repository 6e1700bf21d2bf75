import { openTerminal } from './terminal.js';

function streams(isTTY: boolean, columns = 80) {
  const written = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (text: string) => (written[name] += text), isTTY, columns });
  return { written, streams: { out: to('out'), err: to('err') } };
}

describe('off a terminal', () => {
  test('progress is a line for every ten percent, on standard error', () => {
    const { written, streams: given } = streams(false);
    const terminal = openTerminal(false, given);
    for (let done = 0; done <= 40; done++) terminal.progress({ done, total: 40, stage: done === 0 ? '' : 'probing' });
    expect(written.err.split('\n').slice(0, 3)).toEqual(['0 % (0 of 40)', '10 % (4 of 40): probing', '20 % (8 of 40): probing']);
    expect(written.err.trimEnd().split('\n')).toHaveLength(11);
    expect(written.out).toBe('');
  });

  test('nothing is written while the total is not known', () => {
    const { written, streams: given } = streams(false);
    openTerminal(false, given).progress({ done: 0, total: 0, stage: 'registering' });
    expect(written.err).toBe('');
  });
});

describe('on a terminal', () => {
  test('progress is one line that redraws itself and never wraps', () => {
    const { written, streams: given } = streams(true, 50);
    const terminal = openTerminal(false, given);
    terminal.progress({ done: 1, total: 2, stage: 'a stage with quite a long name that would not fit' });
    const line = written.err.replace('\r\x1b[2K', '');
    expect(line).toMatch(/^█{12}░{12} {2}50 % {2}1\/2 {2}a stage/);
    expect(line.length).toBeLessThan(50);
    terminal.progress({ done: 0, total: 0, stage: 'registering' });
    expect(written.err).toContain('0/?  registering');
    expect(written.err).not.toContain('\n');
  });

  test('the bar makes room for lines, and is gone at the end', () => {
    const { written, streams: given } = streams(true);
    const terminal = openTerminal(false, given);
    terminal.progress({ done: 1, total: 2, stage: 's' });
    terminal.note('a note');
    expect(written.err.endsWith('\r\x1b[2Ka note\n')).toBe(true);
    terminal.progress({ done: 2, total: 2, stage: 's' });
    terminal.endProgress();
    expect(written.err.endsWith('\r\x1b[2K')).toBe(true);
    terminal.print('result');
    expect(written.out).toBe('result\n');
  });
});

test('with --json, standard output is one JSON value and nothing else; 64-bit numbers are numbers', () => {
  const { written, streams: given } = streams(false);
  const terminal = openTerminal(true, given);
  terminal.print('for people');
  terminal.note('a note');
  terminal.result({ bytes: 5n });
  expect(JSON.parse(written.out)).toEqual({ bytes: 5 });
  expect(written.err).toBe('a note\n');
});

test('without --json, no JSON is written', () => {
  const { written, streams: given } = streams(false);
  openTerminal(false, given).result({ a: 1 });
  expect(written.out).toBe('');
});

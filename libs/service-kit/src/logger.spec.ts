import { createLogger } from './logger.js';

function logged(fields: object): Record<string, unknown> {
  let text = '';
  createLogger({ name: 'n', sink: { write: (line) => (text += line) } }).error(fields, 'it failed');
  return JSON.parse(text) as Record<string, unknown>;
}

describe('a log line', () => {
  it('is one JSON object with level, time, name and message', () => {
    expect(logged({ rows: 3 })).toMatchObject({
      level: 'error',
      name: 'n',
      msg: 'it failed',
      rows: 3,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('tells of an error its stack and causes, and nothing that a library attached', () => {
    const cause = Object.assign(new Error('denied'), { request: { headers: { authorization: 'secret' } } });
    const line = logged({ error: new TypeError('no answer', { cause }) });
    expect(line.error).toMatchObject({
      name: 'TypeError',
      message: 'no answer',
      stack: expect.stringContaining('logger.spec'),
      cause: { message: 'denied' },
    });
    expect(JSON.stringify(line)).not.toContain('secret');
  });

  it('ends where causes go in a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(logged({ error })).toMatchObject({ error: { cause: { message: 'round' } } });
  });
});

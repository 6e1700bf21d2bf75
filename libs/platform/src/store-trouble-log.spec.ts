import { tellStoreTrouble } from '@fathom/store';
import { logStoreTrouble } from './store-trouble-log.js';

const trouble = (problem: string) => tellStoreTrouble({ store: 'http://store:9000', doing: 'reading k', problem });

let lines: string[];
let leave: () => void;
beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  const line = (_fields: object, message: string): void => void lines.push(message);
  leave = logStoreTrouble({ debug: line, info: line, warn: line, error: line });
});
afterEach(() => {
  leave();
  jest.useRealTimers();
});

it('a store in trouble is told of once when it begins, with the first call, and once when it is over, however many calls were made again', () => {
  trouble('SlowDown: busy');
  expect(lines).toEqual(['the store does not answer as it should, and is asked again: reading k: SlowDown: busy']);
  for (let second = 0; second < 31; second += 1) {
    jest.advanceTimersByTime(1_000);
    trouble('socket hang up');
  }
  jest.advanceTimersByTime(9_999);
  expect(lines).toHaveLength(1);
  jest.advanceTimersByTime(1);
  expect(lines.slice(1)).toEqual(['the store answers again: 32 calls were made again within 31 s']);
  jest.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(2);
});

it('trouble that comes again after that is told of again', () => {
  trouble('one');
  jest.advanceTimersByTime(10_000);
  trouble('two');
  jest.advanceTimersByTime(10_000);
  expect(lines).toHaveLength(4);
  expect(lines[3]).toBe('the store answers again: 1 calls were made again within 0 s');
});

it('nothing is told once it has been left', () => {
  trouble('one');
  leave();
  trouble('two');
  jest.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(1);
});

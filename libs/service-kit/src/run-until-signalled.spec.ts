import { EventEmitter } from 'node:events';
import { runUntilSignalled } from './run-until-signalled.js';

describe('a main', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('closes its servers at %s and leaves the next signal to the system', async (signal) => {
    const source = new EventEmitter();
    const closed: string[] = [];
    const servers = ['a', 'b'].map((name) => ({ close: async () => void closed.push(name) }));
    const ran = runUntilSignalled(servers, source);
    expect(closed).toEqual([]);
    source.emit(signal, signal);
    expect(await ran).toBe(signal);
    expect(closed).toEqual(['a', 'b']);
    expect(source.eventNames()).toEqual([]);
  });
});

import { EventEmitter } from 'node:events';
import { liveScreen, type Keyboard, type Screen } from './live-screen.js';

class FakeTerminal extends EventEmitter {
  columns = 40;
  rows = 5;
  written = '';
  readonly raw: boolean[] = [];
  readonly write = (text: string): void => void (this.written += text);
  readonly setRawMode = (raw: boolean): void => void this.raw.push(raw);
  readonly resume = (): void => undefined;
  readonly pause = (): void => undefined;
}

function started(look: () => Promise<string>) {
  const screen = new FakeTerminal();
  const keyboard = new FakeTerminal();
  const stop = new AbortController();
  const draw = (seen: string, columns: number, rows: number): string[] => [`${seen} in ${columns}x${rows}`];
  const given = { look, draw, screen: screen as Screen, keyboard: keyboard as Keyboard, signal: stop.signal };
  return { screen, keyboard, stop, ended: liveScreen(given) };
}

const drawn = async (screen: FakeTerminal, what: string): Promise<void> => {
  while (!screen.written.includes(what)) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('a live screen', () => {
  it('shows what is seen anew, and anew where the terminal changes its size, without a line too many', async () => {
    let looks = 0;
    const { screen, keyboard, ended } = started(async () => `look ${(looks += 1)}`);
    await drawn(screen, 'look 1 in 40x4');
    screen.columns = 20;
    screen.emit('resize');
    expect(screen.written).toContain('look 1 in 20x4');
    await drawn(screen, 'look 2 in 20x4');
    keyboard.emit('data', Buffer.from('q'));
    await ended;
    for (const frame of screen.written.split('\x1b[H').slice(1)) expect(frame.split('\r\n').length).toBeLessThanOrEqual(5);
  });

  it.each([
    ['q', (keyboard: FakeTerminal) => keyboard.emit('data', Buffer.from('q'))],
    ['Ctrl-C', (keyboard: FakeTerminal) => keyboard.emit('data', Buffer.from([3]))],
    ['a signal', (_: FakeTerminal, stop: AbortController) => stop.abort()],
  ])('ends on %s, also while it looks, and leaves the terminal as it was', async (_name, end) => {
    const { screen, keyboard, stop, ended } = started(() => new Promise(() => undefined));
    keyboard.emit('data', Buffer.from('x'));
    end(keyboard, stop);
    await ended;
    expect(screen.written).toBe('\x1b[?1049h\x1b[?25l\x1b[?25h\x1b[?1049l');
    expect(keyboard.raw).toEqual([true, false]);
    expect([screen.listenerCount('resize'), keyboard.listenerCount('data')]).toEqual([0, 0]);
  });

  it('leaves the terminal as it was where looking fails', async () => {
    const { screen, keyboard, ended } = started(() => Promise.reject(new Error('no look')));
    await expect(ended).rejects.toThrow('no look');
    expect(screen.written.endsWith('\x1b[?1049l')).toBe(true);
    expect(keyboard.raw).toEqual([true, false]);
  });
});

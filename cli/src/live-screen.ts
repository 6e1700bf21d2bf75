import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

/** The keyboard of a terminal; `process.stdin` is one. */
export interface Keyboard {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (bytes: Buffer) => void): unknown;
  off(event: 'data', listener: (bytes: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** The screen of a terminal; `process.stdout` is one. */
export interface Screen {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** What is drawn, and on what. */
export interface LiveOptions<View> {
  /** Looks anew. */
  readonly look: () => Promise<View>;
  /** What was seen in lines that fit. */
  readonly draw: (view: View, columns: number, rows: number) => string[];
  readonly screen: Screen;
  readonly keyboard: Keyboard;
  /** Ends it, as q and Ctrl-C do. */
  readonly signal: AbortSignal;
}

const EVERY_MS = 1_000;
/** A cluster that takes long to look at is looked at more seldom: for at most a quarter of the time. */
const SPARE = 3;
/** q, Q and Ctrl-C. */
const ENDING = [...Buffer.from('qQ'), 3];
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';

/** Shows something that changes, on a screen of its own, until q, Ctrl-C or `signal`. Leaves the terminal as it was. */
export async function liveScreen<View>({ look, draw, screen, keyboard, signal }: LiveOptions<View>): Promise<void> {
  const end = new AbortController();
  const over = AbortSignal.any([signal, end.signal]);
  let view: View | undefined;
  const show = (): void => {
    if (view === undefined) return;
    const [columns, rows] = [screen.columns ?? 80, screen.rows ?? 24];
    const lines = [...draw(view, columns, rows - 1), 'q ends'.slice(0, columns)].slice(0, rows);
    screen.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
  };
  const onKey = (bytes: Buffer): void => {
    if (bytes.some((byte) => ENDING.includes(byte))) end.abort();
  };
  screen.write(ENTER);
  keyboard.setRawMode?.(true);
  keyboard.on('data', onKey);
  keyboard.resume();
  screen.on('resize', show);
  try {
    while (!over.aborted) {
      const begun = performance.now();
      view = await unlessAborted(look(), over);
      show();
      await pause(Math.max(EVERY_MS, SPARE * (performance.now() - begun)), undefined, { signal: over }).catch(() => undefined);
    }
  } finally {
    screen.off('resize', show);
    keyboard.off('data', onKey);
    keyboard.setRawMode?.(false);
    keyboard.pause();
    screen.write(LEAVE);
  }
}

/** What the promise settles with, or undefined once the signal aborts. Leaves nothing behind at the signal. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

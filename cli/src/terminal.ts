/** Where a command writes, and how. */
export interface Terminal {
  /** Whether results are one JSON object instead of text. */
  readonly json: boolean;
  /** A line of the result. */
  print(line: string): void;
  /** The result as JSON, where `json` is set. */
  result(value: unknown): void;
  /** Something to know that is not the result; goes to standard error. */
  note(line: string): void;
  /** Where the work is: a bar that redraws itself on a terminal, now and then a line elsewhere. */
  progress(now: ProgressView): void;
  /** Ends the bar. */
  endProgress(): void;
}

/** What a progress bar shows. */
export interface ProgressView {
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
  readonly stage: string;
}

/** Streams of a terminal; injectable for tests. */
export interface Streams {
  readonly out: { write(text: string): unknown };
  readonly err: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
}

const BAR = 24;
/** Off a terminal a line is written each time that this many more percent are done. */
const STEP_PERCENT = 10;

/** A terminal on the given streams. */
export function openTerminal(json: boolean, { out, err }: Streams = { out: process.stdout, err: process.stderr }): Terminal {
  let drawn = false;
  let lastStep = -1;
  const clear = (): void => {
    if (drawn) err.write('\r\x1b[2K');
    drawn = false;
  };
  return {
    json,
    print: (line) => {
      clear();
      if (!json) out.write(`${plain(line)}\n`);
    },
    result: (value) => {
      clear();
      if (json) out.write(`${JSON.stringify(value, bigintAsNumber, 2)}\n`);
    },
    note: (line) => {
      clear();
      err.write(`${plain(line)}\n`);
    },
    progress: ({ done, total, stage }) => {
      const percent = total > 0 ? Math.floor((100 * done) / total) : 0;
      if (err.isTTY) {
        const full = Math.floor((BAR * percent) / 100);
        const line = `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${String(percent).padStart(3)} %  ${done}/${total || '?'}  ${stage}`;
        err.write(`\r\x1b[2K${line.slice(0, (err.columns ?? 80) - 1)}`);
        drawn = true;
        return;
      }
      const step = Math.floor(percent / STEP_PERCENT);
      if (total === 0 || step === lastStep) return;
      lastStep = step;
      err.write(`${percent} % (${done} of ${total})${stage === '' ? '' : `: ${stage}`}\n`);
    },
    endProgress: () => {
      clear();
      lastStep = -1;
    },
  };
}

function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** Names and messages may come from elsewhere: without control characters they cannot steer the terminal. */
function plain(line: string): string {
  return line.replace(/\p{Cc}/gu, ' ');
}

/**
 * Loaded into a service before its own code: on SIGUSR2, the wall clock of all its threads jumps to what the file in FATHOM_CLOCK says,
 * in milliseconds before or after the true time. Monotonic clocks and timers go on as they do when an administrator sets a machine's clock.
 */
import { readFileSync } from 'node:fs';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const KEY = 'fathom:jumping-clock';
if (isMainThread) setEnvironmentData(KEY, new SharedArrayBuffer(4));
const jump = new Int32Array(getEnvironmentData(KEY));
if (isMainThread) process.on('SIGUSR2', () => Atomics.store(jump, 0, Number(readFileSync(process.env.FATHOM_CLOCK, 'utf8'))));

const TrueDate = Date;
globalThis.Date = class Date extends TrueDate {
  constructor(...given) {
    if (given.length === 0) super(Date.now());
    else super(...given);
  }

  static now() {
    return TrueDate.now() + Atomics.load(jump, 0);
  }
};

import { FOUND } from './job-message.js';
import type { OperationProgress } from './operation-record.js';

/** How often the parts that run are looked at. */
const EVERY_MS = 250;
/** Smallest change worth telling, of all that is to do: so an operation has at most this many reports beside one a part. */
const SMALLEST = 1 / 1000;

/** How far the parts of a job are: those that are done, and what the threads say of those that run. */
export class PartProgress {
  private readonly begun = process.hrtime.bigint();
  private readonly running = new Set<Int32Array>();
  private done = 0;
  private told = 0;

  /**
   * @param total parts of the job
   * @param missing those of them that are to be run
   * @param report told at once, after each part, and from time to time
   */
  constructor(
    private readonly total: number,
    private missing: number,
    private readonly report: (progress: Partial<OperationProgress>) => void,
  ) {
    report({ stage: 'computing', partsDone: this.reused, partsReused: this.reused, partsTotal: total });
  }

  /** Runs a part, unless it is {@link FOUND} finished, and follows the millionths that it writes. */
  async follow(run: (done: SharedArrayBuffer) => Promise<unknown>): Promise<void> {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    this.running.add(cell);
    const timer = setInterval(() => this.look(), EVERY_MS);
    let outcome: unknown;
    try {
      outcome = await run(cell.buffer);
    } finally {
      clearInterval(timer);
      this.running.delete(cell);
    }
    if (outcome === FOUND) {
      this.missing -= 1;
      this.report({ partsDone: this.reused + this.done, partsReused: this.reused });
    } else {
      this.done += 1;
      this.tell();
    }
  }

  private get reused(): number {
    return this.total - this.missing;
  }

  /** Parts done in this run, with what is done of those that run. */
  private get reached(): number {
    let millionths = 0;
    for (const cell of this.running) millionths += Math.min(1e6, Math.max(0, Atomics.load(cell, 0)));
    return this.done + millionths / 1e6;
  }

  private look(): void {
    if (this.reached - this.told >= SMALLEST * this.missing) this.tell();
  }

  private tell(): void {
    const reached = this.reached;
    this.told = reached;
    const rate = reached / (Number(process.hrtime.bigint() - this.begun) / 1e9);
    this.report({ partsDone: this.reused + this.done, partsPerSecond: rate, secondsLeft: (this.missing - reached) / rate });
  }
}

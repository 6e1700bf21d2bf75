import type { operations } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';

/** What is told of the steps while they run. */
export interface StepReport {
  /** Steps under way, in the order of their beginnings. */
  readonly active: readonly string[];
  /** Number of finished steps. */
  readonly done: number;
}

/** The steps of one run of a study. A finished step is written down before anything builds on it. */
export class StepLog {
  private readonly finished = new Map<string, operations.Operation>();
  private readonly active = new Set<string>();
  private readonly all: Promise<unknown>[] = [];
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly write: (finished: ReadonlyMap<string, operations.Operation>) => Promise<void>,
    private readonly report: (report: StepReport) => void,
  ) {}

  /** Runs a step; returns its artifact. */
  run(name: string, follow: () => Promise<operations.Operation>): Promise<{ contentDigest: string }> {
    const step = this.follow(name, follow);
    this.all.push(step);
    return step;
  }

  /** Settles once no step runs any more. Never rejects. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.all);
  }

  /** Content digests of the finished steps, in the order of their names. */
  results(): Record<string, string> {
    const sorted = [...this.finished].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([name, { result }]) => [name, result?.contentDigest ?? '']));
  }

  private async follow(name: string, follow: () => Promise<operations.Operation>): Promise<{ contentDigest: string }> {
    this.active.add(name);
    this.tell();
    let operation: operations.Operation;
    try {
      operation = await follow();
    } finally {
      this.active.delete(name);
    }
    if (!operation.result) throw new FathomError('INTERNAL', `step ${name} has no result`);
    this.finished.set(name, operation);
    this.tell();
    await this.writeDown();
    return operation.result;
  }

  /** One write after the other, so that a later state is never replaced by an earlier one. */
  private writeDown(): Promise<void> {
    const written = this.writing.then(() => this.write(this.finished));
    this.writing = written.catch(() => undefined);
    return written;
  }

  private tell(): void {
    this.report({ active: [...this.active], done: this.finished.size });
  }
}

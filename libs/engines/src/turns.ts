/** Work that is done one piece at a time, in the order it came. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(work);
    // One that failed must not keep the next from its turn.
    this.last = result.catch(() => undefined);
    return result;
  }
}

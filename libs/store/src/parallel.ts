/** Lets so many pieces of work run at once; others wait in the order in which they came. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((turn) => this.#waiting.push(turn));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/**
 * Does pieces 0..count−1 of some work. When one fails, the others are told to stop; ends when none is at work any more.
 * @throws what the first that failed threw
 */
export async function inParts<T>(
  count: number,
  slots: Slots,
  signal: AbortSignal | undefined,
  work: (index: number, signal: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const stop = new AbortController();
  const follow = (): void => stop.abort();
  if (signal?.aborted) follow();
  signal?.addEventListener('abort', follow, { once: true });
  let failure: { readonly thrown: unknown } | undefined;
  const one = (index: number): Promise<T> =>
    slots
      .run(() => work(index, stop.signal))
      .catch((thrown: unknown) => {
        failure ??= { thrown };
        stop.abort();
        throw thrown;
      });
  const ended = await Promise.allSettled(Array.from({ length: count }, (_, index) => one(index)));
  signal?.removeEventListener('abort', follow);
  if (failure !== undefined) throw failure.thrown;
  return ended.map((each) => (each as PromiseFulfilledResult<T>).value);
}

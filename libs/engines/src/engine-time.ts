import { channel } from 'node:diagnostics_channel';

/** What an engine has done: a pass of a batch through a network, or a product of integers. */
export const ENGINE_WORK = ['pass', 'product'] as const;
export type EngineWork = (typeof ENGINE_WORK)[number];

/** What is told of a piece of an engine's work that has ended. */
export interface EngineTime {
  readonly work: EngineWork;
  readonly seconds: number;
}

/** Where a thread's engines tell of each piece of work: {@link EngineTime}. For metrics. */
export const ENGINE_CHANNEL = 'fathom:engine';
const ended = channel(ENGINE_CHANNEL);

/** Does a piece of an engine's work and tells of the time that it took, where somebody listens. */
export async function timed<T>(work: EngineWork, run: () => Promise<T>): Promise<T> {
  if (!ended.hasSubscribers) return run();
  const begun = process.hrtime.bigint();
  try {
    return await run();
  } finally {
    ended.publish({ work, seconds: Number(process.hrtime.bigint() - begun) / 1e9 } satisfies EngineTime);
  }
}

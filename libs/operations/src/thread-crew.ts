import { join } from 'node:path';
import type { EngineName } from '@fathom/engines';
import type { Crew, Task } from '@fathom/exact';
import type { CrewResult, CrewWork } from './crew-message.js';
import { requireSameEngine } from './same-engine.js';
import { ThreadGroup } from './thread-group.js';

/** Which crew. */
export interface ThreadCrewOptions {
  /** Worker threads, each with an engine of its own. */
  readonly hands: number;
  readonly engine: EngineName;
}

/** A crew of worker threads. */
export interface ThreadCrew extends Crew {
  /** The same crew for a piece of work that `signal` ends: its tasks that still wait are given up then, with CANCELLED. */
  until(signal: AbortSignal): Crew;
  /** Ends the threads once the tasks that run have ended; those that wait are refused. */
  close(): Promise<void>;
}

/**
 * Starts a crew of worker threads. Tasks are done first come first served; a thread that is lost rejects its task and is replaced.
 * A task is found again in a thread as what its module exports under its name; what it is given and returns is copied, with the whole
 * buffer behind a view, but for arrays over a SharedArrayBuffer.
 *
 * @throws FathomError ENGINE_UNAVAILABLE where the engine does not work here; INTERNAL where the threads' engines differ
 */
export async function threadCrew({ hands, engine: data }: ThreadCrewOptions): Promise<ThreadCrew> {
  const group = new ThreadGroup<CrewWork, CrewResult>({ threads: hands, file: join(__dirname, 'crew-worker.js'), data });
  try {
    const answers = await Promise.all(Array.from({ length: hands }, () => group.run({ type: 'facts' })));
    const { engine } = answers[0]!;
    for (const answer of answers) requireSameEngine(engine, answer.engine);
    const crew = (signal?: AbortSignal): Crew => ({
      hands,
      engine,
      run: async <Input, Output>({ module, name }: Task<Input, Output>, input: Input): Promise<Output> => {
        const answer = await group.run({ type: 'task', module, name, input }, signal);
        requireSameEngine(engine, answer.engine); // a thread may have been replaced
        return answer.output as Output;
      },
    });
    return { ...crew(), until: crew, close: () => group.close() };
  } catch (error) {
    await group.close();
    throw error;
  }
}

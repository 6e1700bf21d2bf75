import { cancelled } from '@fathom/errors';
import { inlineCrew, type Crew, type IntegerEngine, type Task } from '@fathom/exact';
import { settledEngine } from './settled-engine.js';
import type { ThreadCrew } from './thread-crew.js';

/** A crew of one, in this thread, for threads that must not end within a product. */
export function singleCrew(own: IntegerEngine): ThreadCrew {
  const { engine, settled } = settledEngine(own);
  const inline = inlineCrew(engine);
  const tasks = new Set<Promise<unknown>>();
  const until = (signal?: AbortSignal): Crew => ({
    ...inline,
    run: <Input, Output>(task: Task<Input, Output>, input: Input): Promise<Output> => {
      const run = async (given: Input): Promise<Output> => {
        if (signal?.aborted) throw cancelled('a task that waited');
        return task.run(given, engine);
      };
      const done = inline.run({ ...task, run }, input);
      tasks.add(done);
      const ended = (): void => void tasks.delete(done);
      done.then(ended, ended);
      return done;
    },
  });
  return {
    ...until(),
    until,
    close: async () => {
      while (tasks.size > 0) await Promise.allSettled(tasks);
      await settled();
    },
  };
}

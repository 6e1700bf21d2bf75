import { cancelled } from '@fathom/errors';

import { allEnded, type Crew, type Task } from './crew.js';

/**
 * Does work by a crew, and other work by those of its hands that are idle meanwhile: a task of the other work is given to the crew only
 * where no task of the first waits, and none any more once the first has failed. Ends once both have ended, with what the first comes
 * to, or else with the first's error, or the other's.
 */
export async function whileIdle<T>(crew: Crew, work: (crew: Crew) => Promise<T>, other: (crew: Crew) => Promise<unknown>): Promise<T> {
  const waiting: (() => void)[] = [];
  let given = 0;
  let hasFailed = false;
  const give = async <Input, Output>(task: Task<Input, Output>, input: Input): Promise<Output> => {
    given += 1;
    try {
      return await crew.run(task, input);
    } finally {
      given -= 1;
      if (given < crew.hands) waiting.shift()?.();
    }
  };
  const giveLater = async <Input, Output>(task: Task<Input, Output>, input: Input): Promise<Output> => {
    while (given >= crew.hands) await new Promise<void>((resolve) => waiting.push(resolve));
    if (hasFailed) throw cancelled('work for idle hands');
    return give(task, input);
  };
  const working = work({ ...crew, run: give });
  working.catch(() => (hasFailed = true));
  const [result] = await allEnded<unknown>([working, other({ ...crew, run: giveLater })]);
  return result as T;
}

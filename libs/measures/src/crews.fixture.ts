import { inlineCrew, Prng, referenceEngine, type Crew } from '@fathom/exact';

/** One hand, in this thread. */
export const crew: Crew = inlineCrew(referenceEngine);

/**
 * A crew that says it has so many hands and does what waits in a seeded order, late tasks often before early ones. What a task is
 * told and what it tells is cloned as between threads, where only shared arrays stay what they are.
 */
export function shuffledCrew(hands: number, seed: number): Crew {
  const prng = new Prng(seed, 'crew');
  const waiting: (() => Promise<void>)[] = [];
  let working = false;
  const work = async (): Promise<void> => {
    working = true;
    while (waiting.length > 0) await waiting.splice(prng.below(waiting.length), 1)[0]!();
    working = false;
  };
  return {
    ...crew,
    hands,
    run: (task, input) => {
      const told = structuredClone(input);
      return new Promise((resolve, reject) => {
        waiting.push(() => task.run(told, referenceEngine).then((output) => resolve(structuredClone(output)), reject));
        if (!working) void Promise.resolve().then(work);
        working = true;
      });
    },
  };
}

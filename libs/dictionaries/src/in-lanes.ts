import { allEnded } from '@fathom/exact';

/**
 * Does pieces of work 0..count−1 in order, at most `lanes` at a time; a piece knows its lane, so that it may use what belongs to the lane.
 * After a failure no further piece is begun; the first failure is thrown once all that were begun have ended.
 */
export async function inLanes(count: number, lanes: number, work: (index: number, lane: number) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async (lane: number): Promise<void> => {
    while (next < count) {
      try {
        await work(next++, lane);
      } catch (error) {
        next = count;
        throw error;
      }
    }
  };
  await allEnded(Array.from({ length: Math.min(lanes, count) }, (_, lane) => run(lane)));
}

/** Lanes that keep all hands of a crew busy: one more than there are hands, so that none waits for the next piece. */
export function lanesFor(hands: number): number {
  return hands === 1 ? 1 : hands + 1;
}

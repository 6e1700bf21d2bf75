/** The store answers badly to a share of all requests of a whole study. */
import { chance } from './chance.mjs';
import { disturbed } from './disturbed.mjs';

/** Bytes of a body that are turned, or after which it ends: in its first line, in its header, in its numbers. */
const PLACES = [1, 7, 60, 200, 1_000, 5_000, 20_000];
const isRead = ({ method }) => method === 'GET';
const isWrite = ({ method }) => method === 'PUT';
const each = (kind, place, matches) => PLACES.map((at) => ({ fault: { kind, [place]: at }, matches }));

/** What a fault does, to which requests, to what share of them, and what the log has to say. */
export const WAYS = {
  'the store is slow: 60 ms more for a quarter of the requests, and 400 KB/s': {
    share: 0.25,
    faults: [{ fault: { kind: 'throttle', ms: 60, bytesPerSecond: 400_000 }, matches: () => true }],
    line: /operation ended \(study\.run\)/,
  },
  'the store answers 503 to a tenth of the requests': {
    share: 0.1,
    faults: [{ fault: { kind: 'refuse', status: 503 }, matches: () => true }],
    line: /the store does not answer as it should.*SlowDown/,
  },
  'the store cuts the bodies of a tenth of its answers short': {
    share: 0.1,
    faults: each('cut', 'after', isRead),
    line: /the store does not answer as it should.*(aborted|bytes came)/,
  },
  'a bit is flipped in a twentieth of the bodies that are read': {
    share: 0.05,
    faults: each('flip', 'at', isRead),
    line: /the store does not answer as it should.*(not those that were stored|damaged)/,
  },
  'a bit is flipped in a twentieth of the bodies that are written': {
    share: 0.05,
    faults: each('flip sent', 'at', isWrite),
    line: /the store does not answer as it should.*storing/,
  },
};

/** From now on, the proxies of a house do this to their share of the requests. @returns tells how often they have */
export function spoil(house, seed, what) {
  const { share, faults } = WAYS[what];
  let struck = 0;
  for (const { name, proxy } of house.processes) {
    const random = chance(seed, `${what} ${name}`);
    for (const { fault, matches } of faults)
      proxy.next(fault, { times: Infinity, matches: (seen) => matches(seen) && random() < share / faults.length && (struck += 1) > 0 });
  }
  return () => struck;
}

export async function* run(context) {
  for (const [what, { line }] of Object.entries(WAYS)) {
    const strike = async (house, ended) => {
      const struck = spoil(house, context.seed, what);
      await ended;
      return { title: what, what: `${what} (${struck()})` };
    };
    yield await disturbed(context, { strike, line });
  }
}

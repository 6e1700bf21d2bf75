/** Short measurements, ours and the peers' in turn: what else the machine does then weighs on both alike. */

/** As many pairs as a figure rests on; a trial of the machinery takes one. */
export const pairsOf = ({ quick }) => (quick ? 1 : 5);

/** The one in the middle of an odd number of things, by a number of each. */
function median(all, of = (value) => value) {
  return [...all].sort((a, b) => of(a) - of(b))[Math.floor(all.length / 2)];
}

/**
 * Measures ours, then every peer, and all over again.
 * @param {() => Promise<{ seconds: number }>} mine one measurement of ours
 * @param {{ name: string, run: () => Promise<{ seconds: number } | undefined> }[]} peers one of each peer's; undefined where it cannot run here
 * @param {number} pairs how often, an odd number
 * @returns {Promise<{ ours: object, peers: object[] }>} of each the measurement with the median time, with the times of all of them; with a
 * peer's, how many times as fast as it ours was in each pair: `ratio` is { median, least, greatest, pairs }
 */
export async function inTurn(mine, peers, pairs) {
  const runs = [];
  for (let pair = 0; pair < pairs; pair++) {
    const run = [await mine()];
    for (const peer of peers) run.push(await peer.run());
    runs.push(run);
  }
  const middle = (at) => {
    const all = runs.map((run) => run[at]);
    return { ...median(all, ({ seconds }) => seconds), allSeconds: all.map(({ seconds }) => seconds) };
  };
  const found = peers.flatMap(({ name }, at) => {
    if (runs[0][at + 1] === undefined) return [];
    const ratios = runs.map((run) => run[at + 1].seconds / run[0].seconds);
    return [{ name, ...middle(at + 1), ratio: { median: median(ratios), least: Math.min(...ratios), greatest: Math.max(...ratios), pairs } }];
  });
  return { ours: middle(0), peers: found };
}

const significant = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** How many times as fast as a peer ours is, in words; where they were measured in turn, the median of the pairs, and its range. */
export function speed(ours, peer) {
  const { median: middle, least, greatest, pairs } = peer.ratio ?? { median: peer.seconds / ours.seconds };
  const range = pairs === undefined ? '' : ` (${significant(least)} to ${significant(greatest)} in ${pairs} ${pairs === 1 ? 'pair' : 'pairs'})`;
  return `${peer.reached === false ? 'at least ' : ''}${significant(middle)}× as fast${range}`;
}

import { ByShard, Prng } from '@fathom/exact';
import fc from 'fast-check';

import { everyIndex } from './every-index.js';
import { expectWithin } from './expect-within.fixture.js';
import { FoldStatistics } from './fold-statistics.js';

const [N, D, K, FOLDS] = [60, 5, 3, 4];

/** Normal numbers; the last channel is constant. */
function randomRows(seed: number): { x: Float64Array; z: Float64Array } {
  const prng = new Prng(seed, 'rows');
  return {
    x: Float64Array.from({ length: N * D }, (_, at) => (at % D === D - 1 ? 3.5 : prng.gaussian())),
    z: Float64Array.from({ length: N * K }, () => prng.gaussian()),
  };
}

/** Everything that a statistic can tell, as one list. */
function told(statistics: FoldStatistics): number[] {
  return [...everyIndex(FOLDS)].flatMap((fold) => {
    const { rows, sumX, sumZ, gram, cross, energy } = statistics.over([fold], everyIndex(K));
    return [
      rows,
      ...sumX,
      ...sumZ,
      ...gram,
      ...cross,
      ...energy,
      ...statistics.constantChannels([fold]).map((value) => (Number.isNaN(value) ? -1 : value)),
    ];
  });
}

/** Rows start..end−1, put in as blocks that end at the given rows. */
function statisticsOf({ x, z }: { x: Float64Array; z: Float64Array }, start: number, end: number, cuts: readonly number[]): FoldStatistics {
  const statistics = new FoldStatistics(FOLDS, new Float64Array(D).fill(0.5), new Float64Array(K).fill(-0.5));
  const edges = [start, ...cuts.filter((cut) => cut > start && cut < end), end];
  for (let at = 0; at + 1 < edges.length; at += 1) {
    const [from, to] = [edges[at]!, edges[at + 1]!];
    statistics.update({ start: from, rows: to - from, x: x.slice(from * D, to * D), z: z.slice(from * K, to * K) });
  }
  return statistics;
}

const cuts = fc.uniqueArray(fc.integer({ min: 1, max: N - 1 }), { maxLength: 8 }).map((rows) => rows.sort((a, b) => a - b));

describe('fold-wise sums', () => {
  it('are the same however the rows are cut into blocks and shards, and shards may come in any order and twice', () => {
    fc.assert(
      fc.property(fc.nat(), cuts, cuts, (seed, blocks, shards) => {
        const data = randomRows(seed);
        const whole = told(statisticsOf(data, 0, N, []));
        const edges = [0, ...shards, N];
        const merged = (order: readonly number[]): number[] => {
          const byShard = new ByShard(edges.length - 1, statisticsOf(data, 0, 0, []));
          for (const shard of order) byShard.add(shard, statisticsOf(data, edges[shard]!, edges[shard + 1]!, blocks));
          return told(byShard.result());
        };
        const inOrder = [...everyIndex(edges.length - 1)];
        const found = merged(inOrder);
        expect(merged([...new Prng(seed).permutation(inOrder.length), ...inOrder])).toEqual(found);
        expectWithin(found, whole, 1e-12);
      }),
      { numRuns: 40 },
    );
  });

  it('over several folds are those of the folds added up, of the targets named', () => {
    const statistics = statisticsOf(randomRows(3), 0, N, [20]);
    const parts = [0, 2, 3].map((fold) => statistics.over([fold], everyIndex(K)));
    const whole = statistics.over([0, 2, 3], Uint32Array.of(2, 0));
    expect(whole.rows).toBe(parts.reduce((sum, { rows }) => sum + rows, 0));
    const sum = (name: 'sumZ' | 'energy', j: number): number => parts.reduce((total, part) => total + part[name][j]!, 0);
    expect([...whole.sumZ]).toEqual([sum('sumZ', 2), sum('sumZ', 0)]);
    expect([...whole.energy]).toEqual([sum('energy', 2), sum('energy', 0)]);
    expect(whole.cross[1]).toBe(parts.reduce((total, { cross }) => total + cross[0]!, 0));
    expect(whole.gram[D]).toBe(parts.reduce((total, { gram }) => total + gram[D]!, 0));
  });

  it('know which channels are constant, from their shift', () => {
    const statistics = statisticsOf(randomRows(3), 0, N, []);
    expect([...statistics.constantChannels([1, 2])]).toEqual([NaN, NaN, NaN, NaN, 3.5 - 0.5]);
  });
});

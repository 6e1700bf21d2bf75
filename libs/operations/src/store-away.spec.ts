import { FathomError } from '@fathom/errors';
import { settled } from './manual-clock.fixture.js';
import { closedAfterEach, LEASE_MS, states, twoProcesses } from './two-processes.fixture.js';
import { all } from './work.fixture.js';

const runners = closedAfterEach();

describe('while the store is away', () => {
  it('for a short time, the work goes on', async () => {
    const { one, two, advance } = twoProcesses(runners);
    await one.runner.start(one.work.startable);
    await two.runner.start(two.work.startable);
    for (const each of [one, two]) each.is('away');
    await advance(LEASE_MS / 2);
    for (const each of [one, two]) each.is('none');
    await advance(2 * LEASE_MS);
    expect([one.work.runs, two.work.runs]).toEqual([1, 0]);
    expect(one.work.execution!.signal.aborted).toBe(false);
  });

  it('for a long time, the work stops before anybody may take it over, and the operation goes on thereafter', async () => {
    const { one, two, advance } = twoProcesses(runners);
    await one.runner.start(one.work.startable);
    const seen = all(one.runner.watch(one.work.name, 0));
    one.is('away');
    await one.clock.advance(LEASE_MS);
    expect(one.work.execution!.signal.aborted).toBe(true);
    expect(one.lost).toEqual([`the store took no heartbeat for ${LEASE_MS} ms`]);
    await advance(10 * LEASE_MS);
    expect(one.work.runs).toBe(1);
    one.is('none');
    await advance(2_000);
    expect(one.work.runs).toBe(2);
    expect(two.work.runs).toBe(0);
    one.work.finish('sha256:1');
    expect(states(await seen).at(-1)).toBe('2 SUCCEEDED');
  });

  it('an end is kept until it can be written', async () => {
    const { one, two, advance } = twoProcesses(runners);
    await one.runner.start(one.work.startable);
    one.is('away');
    one.work.finish('sha256:1');
    await settled();
    expect(one.endings).toMatchObject([{ record: { state: 'SUCCEEDED' }, notKept: { reason: 'STORE_UNAVAILABLE' } }]);
    expect(await one.runner.get(one.work.name)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await two.runner.get(two.work.name)).toMatchObject({ state: 'RUNNING' });
    one.is('none');
    await advance(LEASE_MS / 2);
    expect(await two.runner.get(two.work.name)).toMatchObject({ state: 'SUCCEEDED', result: 'sha256:1', epoch: 1 });
  });

  it('a beginning fails; where the store took it all the same, asking again goes on at once', async () => {
    const { store, one } = twoProcesses(runners);
    const put = jest.spyOn(one.store, 'put').mockImplementationOnce(async (...given) => {
      await store.put(...given);
      throw new FathomError('STORE_UNAVAILABLE', 'no answer');
    });
    await expect(one.runner.start(one.work.startable)).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    expect(put).toHaveBeenCalledTimes(1);
    expect(await one.runner.start(one.work.startable)).toMatchObject({ state: 'RUNNING', epoch: 2 });
    expect(one.work.runs).toBe(1);
  });
});

import { setMaxListeners } from 'node:events';
import { Admission, type AdmissionLimits, type Ticket } from './admission.js';
import { ManualClock, settled } from './manual-clock.fixture.js';

const never = new AbortController().signal;
setMaxListeners(0, never);

function admitting(limits: Partial<AdmissionLimits>) {
  const clock = new ManualClock();
  const admission = new Admission({ maxRunning: 1, ...limits }, clock);
  const begun: string[] = [];
  /** An operation that tells when its turn has come. */
  const enter = (name: string, tenant = name.slice(0, 1), signal = never): Ticket => {
    const ticket = admission.ticket(tenant);
    ticket.turn(signal).then(
      () => begun.push(name),
      () => ticket.leave(),
    );
    return ticket;
  };
  const retryAfter = (tenant: string): string | undefined => {
    try {
      admission.ticket(tenant);
      return undefined;
    } catch (error) {
      expect(error).toMatchObject({ reason: 'RESOURCE_EXHAUSTED' });
      return (error as { metadata: Record<string, string> }).metadata['retryAfterSeconds'];
    }
  };
  return { clock, admission, begun, enter, retryAfter };
}

describe('operations', () => {
  it('that find no place wait, and tenants have their turns one after another', async () => {
    const { begun, enter } = admitting({ maxWaiting: 10 });
    const tickets = new Map(['a1', 'a2', 'a3', 'b1', 'c1', 'b2'].map((name) => [name, enter(name)]));
    for (let i = 0; i < 5; i++) {
      await settled();
      expect(begun).toHaveLength(i + 1);
      tickets.get(begun[i]!)!.leave();
    }
    await settled();
    expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
  });

  it('of one tenant leave room for others', async () => {
    const { begun, enter } = admitting({ maxRunning: 3, maxRunningPerTenant: 2, maxWaiting: 10 });
    const first = enter('a1');
    for (const name of ['a2', 'a3', 'b1', 'b2']) enter(name);
    await settled();
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    first.leave();
    await settled();
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
  });

  it('that are stopped while they wait leave the line', async () => {
    const { admission, begun, enter } = admitting({ maxWaiting: 1 });
    const first = enter('a1');
    const stop = new AbortController();
    enter('a2', 'a', stop.signal);
    expect(admission.waiting).toBe(1);
    stop.abort();
    await settled();
    expect(admission.waiting).toBe(0);
    enter('a3');
    first.leave();
    await settled();
    expect(begun).toEqual(['a1', 'a3']);
  });
});

describe('what is too much', () => {
  it('is refused to the tenant whose line is full, and not to others', () => {
    const { enter, retryAfter } = admitting({ maxWaiting: 1 });
    for (const name of ['a1', 'a2']) enter(name);
    expect(retryAfter('a')).toBe('1');
    expect(enter('b1').waits).toBe(true);
    expect(retryAfter('b')).toBe('1');
  });

  it('is to be tried again after as long as places took to become free, one caller after the other', async () => {
    const { clock, enter, retryAfter } = admitting({ maxWaiting: 1 });
    let [running, next] = [enter('a0'), enter('a1')];
    for (let i = 2; i < 6; i++) {
      await clock.advance(6_500);
      running.leave();
      [running, next] = [next, enter(`a${i}`)];
    }
    expect(next.waits).toBe(true);
    expect([retryAfter('a'), retryAfter('a'), retryAfter('a')]).toEqual(['7', '13', '20']);
    running.leave();
    running = enter('a7');
    expect(retryAfter('a')).toBe('5');
    for (let i = 0; i < 200; i++) retryAfter('a');
    expect(retryAfter('a')).toBe('600');
  });

  it('is to be tried again soon, where what was measured was of another time', async () => {
    const { clock, enter, retryAfter } = admitting({});
    for (let i = 0; i < 3; i++) {
      enter('a1').leave();
      await clock.advance(3_600_000);
    }
    enter('a1');
    expect(retryAfter('a')).toBe('1');
  });

  it('is refused before the memory is used up', () => {
    let taken = 0.89;
    const { enter, retryAfter } = admitting({ maxRunning: 9, memoryTaken: () => taken });
    enter('a1');
    taken = 0.9;
    expect(retryAfter('a')).toBe('1');
  });
});

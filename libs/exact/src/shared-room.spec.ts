import { SharedRoom } from './shared-room.js';

describe('a shared room', () => {
  it('gives the same memory again once what was kept in it is let go of, and larger memory where that is too small', () => {
    const room = new SharedRoom();
    const [first, second] = [room.take(100), room.take(10)];
    expect(second).not.toBe(first);
    room.reuse();
    expect(room.take(50)).toBe(first);
    expect(room.take(11).byteLength).toBeGreaterThanOrEqual(11);
    room.reuse();
    expect(room.take(100)).toBe(first);
  });

  it('makes a piece as large as it will have to be', () => {
    const room = new SharedRoom([1000]);
    expect([room.take(1).byteLength, room.take(1).byteLength]).toEqual([1000, 1]);
  });
});

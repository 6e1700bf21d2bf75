import { addressesOf, AREAS } from './places.js';

describe('places', () => {
  it('of nothing are the ports of fathom serve on this machine', () => {
    expect(addressesOf()).toMatchObject({ activation: '127.0.0.1:7301', dictionary: '127.0.0.1:7302', study: '127.0.0.1:7306' });
  });

  it('of a host are its ports', () => {
    expect(addressesOf('gpu-3.lab')).toMatchObject({ activation: 'gpu-3.lab:7301', study: 'gpu-3.lab:7306' });
    expect(addressesOf('[::1]')).toMatchObject({ complexity: '[::1]:7303' });
  });

  it.each(['localhost:50050', 'unix:/run/fathom.sock', '10.0.0.1:1,10.0.0.2:1'])('of the address %s are that address', (address) => {
    expect(addressesOf(address)).toEqual(Object.fromEntries(AREAS.map((area) => [area, address])));
  });

  it('of some services leave the others on this machine', () => {
    expect(addressesOf({ complexity: 'dns:complexity:7303' })).toMatchObject({ complexity: 'dns:complexity:7303', study: '127.0.0.1:7306' });
  });

  it('name services that there are', () => {
    expect(() => addressesOf({ complexty: 'a:1' } as never)).toThrow(
      expect.objectContaining({ field: 'places', value: 'complexty', accepted: AREAS.join(', ') }) as Error,
    );
  });
});

import { parseTarget } from './target.js';

describe('a target', () => {
  it.each([
    ['127.0.0.1:7301', '127.0.0.1:7301', true, false],
    ['[fd00::2]:7301', '[fd00::2]:7301', false, false],
    ['activation:7301', 'activation:7301', false, true],
    ['dns:activation:7301', 'activation:7301', false, true],
    ['dns:///localhost:7301', 'localhost:7301', true, false],
    ['unix:/run/fathom,1.sock', 'unix:/run/fathom,1.sock', true, false],
    ['127.0.0.1:1,localhost:2', 'ipv4:127.0.0.1:1,127.0.0.1:2', true, true],
    ['127.0.0.1:1,10.0.0.2:2', 'ipv4:127.0.0.1:1,10.0.0.2:2', false, true],
    ['[::1]:1,[fd00::2]:2', 'ipv6:[::1]:1,[fd00::2]:2', false, true],
  ])('%s is %s to gRPC, of this machine: %s, perhaps several: %s', (text, uri, local, several) =>
    expect(parseTarget(text)).toMatchObject({ uri, local, several }),
  );

  it('names the hosts that certificates may be for', () => {
    expect(parseTarget('[::1]:1,[fd00::2]:2').hosts).toEqual(['::1', 'fd00::2']);
    expect(parseTarget('unix:a').hosts).toEqual(['localhost']);
  });

  it.each(['a:1,b:2', '127.0.0.1:1,[::1]:2', '127.0.0.1:1,unix:/a', '127.0.0.1:1,dns:127.0.0.1:2', '127.0.0.1:1,', 'xds:a:1', ''])(
    'is not %s',
    (text) => expect(() => parseTarget(text)).toThrow(expect.objectContaining({ name: 'InputError', field: 'address' }) as Error),
  );
});

import { formatAddress, isLocal, listenAddress, parseAddress } from './address.js';

describe('an address', () => {
  it.each(['127.0.0.1:50051', '[::1]:0', 'localhost:65535', 'example.org:443', 'unix:/run/fathom.sock', 'unix:fathom.sock'])(
    'reads and writes %s',
    (text) => expect(formatAddress(parseAddress(text))).toBe(text),
  );

  it('takes a socket path with or without an empty authority', () => {
    expect(parseAddress('unix:///run/x')).toEqual({ kind: 'unix', path: '/run/x' });
  });

  it.each([
    '',
    ':1',
    'host',
    'host:',
    'host:65536',
    'host:-1',
    'host:1x',
    '::1:5',
    'http://host:1',
    'unix:',
    'unix:/run/x\0.sock',
    'ho\0st:1',
    `unix:/${'x'.repeat(103)}`,
  ])('is refused where it is %j', (text) =>
    expect(() => parseAddress(text)).toThrow('accepted: "host:port", such as "127.0.0.1:50051", or "unix:/path/to/socket"'),
  );
});

describe('a server without tls and tokens', () => {
  it.each(['0.0.0.0:1', '[::]:1', '192.168.1.2:1', 'example.org:1', '127.0.0.1.example.org:1'])('does not listen at %s', (text) => {
    expect(() => listenAddress(text, false)).toThrow(/other machines.*not both tls and tokens \(got .*\); accepted: a loopback address/);
    expect(formatAddress(listenAddress(text, true))).toBe(text);
  });

  it('listens for localhost at 127.0.0.1 alone', () => {
    expect(formatAddress(listenAddress('localhost:7', true))).toBe('127.0.0.1:7');
    expect(formatAddress(listenAddress('[::1]:7', false))).toBe('[::1]:7');
  });

  it('is told apart from one that a proxy may stand before', () => {
    expect(['localhost:1', '127.0.0.2:1', '[::1]:1', 'unix:/x'].map((text) => isLocal(parseAddress(text)))).toEqual([true, true, true, true]);
    expect(isLocal(parseAddress('example.org:1'))).toBe(false);
  });
});

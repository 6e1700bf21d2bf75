import { InputError } from '@fathom/errors';

/** Where a server listens: a TCP port of this machine, or a file. */
export type Address = { readonly kind: 'tcp'; readonly host: string; readonly port: number } | { readonly kind: 'unix'; readonly path: string };

const ACCEPTED = '"host:port", such as "127.0.0.1:50051", or "unix:/path/to/socket"';

/** Reads "host:port", "[::1]:port" or "unix:/path". */
export function parseAddress(text: string): Address {
  // The system would end the path there, and listen or connect somewhere else.
  if (text.includes('\0')) throw wrong(text, 'holds a NUL byte');
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
    // The system's limit on socket paths is 108 bytes on Linux and 104 on macOS, with the closing zero.
    if (path === '' || Buffer.byteLength(path) > 103) throw wrong(text, 'not a socket path of 1 to 103 bytes');
    return { kind: 'unix', path };
  }
  const [, host, digits] = /^(\[[\da-fA-F:.]+\]|[^:[\]\s/]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port > 65_535) throw wrong(text, 'not an address');
  return { kind: 'tcp', host, port };
}

/** The address as gRPC and people write it. */
export function formatAddress(address: Address): string {
  return address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`;
}

/**
 * The address to listen at. There is no authentication yet, so anything but this machine itself is refused. "localhost"
 * means 127.0.0.1 alone: with both families, another process could hold the port of one of them unnoticed.
 */
export function listenAddress(text: string): Address {
  const address = parseAddress(text);
  if (address.kind === 'unix') return address;
  if (address.host === 'localhost') return { ...address, host: '127.0.0.1' };
  if (/^127(\.\d{1,3}){3}$/.test(address.host) || address.host === '[::1]') return address;
  throw new InputError({
    field: 'address',
    problem: 'a server would be reachable from other machines, and this version has no authentication',
    value: text,
    accepted: 'a loopback address (127.0.0.1, [::1], localhost) or unix:/path/to/socket',
  });
}

/** True where calls to the address stay on this machine. */
export function isLocal(address: Address): boolean {
  return address.kind === 'unix' || /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(address.host);
}

function wrong(value: string, problem: string): InputError {
  return new InputError({ field: 'address', problem, value, accepted: ACCEPTED });
}

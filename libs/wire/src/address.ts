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
 * The address to listen at; one that other machines can reach only where the server is `guarded` by tls and tokens. "localhost"
 * means 127.0.0.1 alone: with both families, another process could hold the port of one of them unnoticed.
 */
export function listenAddress(text: string, guarded: boolean): Address {
  const address = parseAddress(text);
  if (address.kind === 'tcp' && address.host === 'localhost') return { ...address, host: '127.0.0.1' };
  if (guarded || isLocal(address)) return address;
  throw new InputError({
    field: 'address',
    problem: 'other machines could reach the server, which has not both tls and tokens',
    value: text,
    accepted: 'a loopback address (127.0.0.1, [::1], localhost) or unix:/path/to/socket',
  });
}

/** True where calls to the address stay on this machine. */
export function isLocal(address: Address): boolean {
  return address.kind === 'unix' || isLoopback(address.host);
}

/** True for the hosts that are this machine itself. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host);
}

function wrong(value: string, problem: string): InputError {
  return new InputError({ field: 'address', problem, value, accepted: ACCEPTED });
}

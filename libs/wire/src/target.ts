import { isIP, isIPv6 } from 'node:net';
import { InputError } from '@fathom/errors';
import { formatAddress, isLocal, parseAddress, type Address } from './address.js';

/** The servers that a client calls: replicas of the same services. */
export interface Target {
  /** As gRPC reads it. */
  readonly uri: string;
  /** Hosts as certificates name them; of a Unix socket it is localhost. */
  readonly hosts: readonly string[];
  /** True where calls stay on this machine. */
  readonly local: boolean;
  /** True where there may be more than one: a list, or a name. */
  readonly several: boolean;
}

/**
 * Reads "host:port", "dns:host:port" (all addresses of the name), "unix:/path", or several IP addresses, separated by commas.
 * Throws an InputError of the field `address`.
 */
export function parseTarget(text: string): Target {
  const parts = text.split(',');
  const addresses = text.startsWith('unix:')
    ? [parseAddress(text)]
    : parts.map((part) => parseAddress(parts.length === 1 ? withoutScheme(part) : part));
  const hosts = addresses.map(hostOf);
  const local = addresses.every(isLocal);
  if (addresses.length > 1) return { uri: listOf(addresses, text), hosts, local, several: true };
  return { uri: formatAddress(addresses[0]!), hosts, local, several: !local && isIP(hosts[0]!) === 0 };
}

function withoutScheme(text: string): string {
  return text.replace(/^dns:(\/\/\/)?/, '');
}

function hostOf(address: Address): string {
  return address.kind === 'tcp' ? address.host.replace(/^\[|\]$/g, '') : 'localhost';
}

function listOf(addresses: readonly Address[], text: string): string {
  const parts = addresses.map((address) => formatAddress(address).replace(/^localhost:/, '127.0.0.1:'));
  const family = isIPv6(hostOf(addresses[0]!)) ? 'ipv6' : 'ipv4';
  const fits = family === 'ipv6' ? /^\[[\da-fA-F:.]+\]:/ : /^\d{1,3}(\.\d{1,3}){3}:/;
  if (!parts.every((part) => fits.test(part)))
    throw new InputError({
      field: 'address',
      problem: 'a list of several holds something else than IP addresses of one family',
      value: text,
      accepted: 'such as "10.0.0.1:7301,10.0.0.2:7301"; a name may stand alone, and have several addresses',
    });
  return `${family}:${parts.join(',')}`;
}

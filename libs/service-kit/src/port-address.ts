import { InputError } from '@fathom/errors';
import { parseAddress, type Address } from '@fathom/wire';

/** The TCP address of a port beside the services: "host:port", or ":port" for this machine alone. Throws an InputError that names the setting. */
export function portAddress(field: string, text: string): Address & { kind: 'tcp' } {
  const address = parseAddress(text.startsWith(':') ? `127.0.0.1${text}` : text);
  if (address.kind === 'tcp') return address;
  throw new InputError({ field, problem: 'is no TCP address', value: text, accepted: '"host:port", or ":port" for this machine alone' });
}

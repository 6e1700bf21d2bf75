import { FathomError, InputError } from '@fathom/errors';
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { formatAddress, type Address } from '@fathom/wire';

/**
 * Makes sure that the address can be listened at, with the system's own reason where it cannot: gRPC's bind tells it in
 * a text only, and on standard error. A socket file that a killed process left behind is removed.
 */
export async function ensureFree(address: Address): Promise<void> {
  if (address.kind === 'tcp' && address.port === 0) return;
  const code = await listenOnce(address);
  if (code === undefined) return;
  if (code === 'EADDRINUSE' && address.kind === 'unix' && (await removeAbandoned(address.path))) return;
  if (code === 'EADDRINUSE') throw addressInUse(address);
  throw new InputError({
    field: 'address',
    problem: `cannot be listened at (${code})`,
    value: formatAddress(address),
    accepted: 'a free address that this user may listen at',
  });
}

/** Says that another process listens at the address. */
export function addressInUse(address: Address): FathomError {
  const text = formatAddress(address);
  return new FathomError('ADDRESS_IN_USE', `${text} is in use by another process; choose another address, or port 0 for any free one`, {
    metadata: { address: text },
  });
}

/** Listens and stops again; the system's error code where that fails. */
function listenOnce(address: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(socketOptions(address), () => server.close(() => resolve(undefined)));
  });
}

/** Removes a socket file that nobody answers at; false where somebody does, or it is no socket. */
async function removeAbandoned(path: string): Promise<boolean> {
  if (!lstatSync(path).isSocket() || (await answers(path))) return false;
  unlinkSync(path);
  return true;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

function socketOptions(address: Address) {
  if (address.kind === 'unix') return { path: address.path };
  return { host: address.host.replace(/^\[|\]$/g, ''), port: address.port };
}

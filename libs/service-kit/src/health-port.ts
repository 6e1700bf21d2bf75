import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { formatAddress } from '@fathom/wire';
import { ensureFree } from './free-address.js';
import type { OpenPort } from './metrics-port.js';
import { portAddress } from './port-address.js';

/** The name under which it is told whether a process is ready; the empty name tells that it lives. */
export const READY = 'ready';

/** Health on a port of its own. */
export interface HealthPort extends OpenPort {
  /** Says whether something that the process needs to be ready is there. Ready is a process that has been told of something, and all of it is there. */
  set(what: string, there: boolean): void;
}

/**
 * Answers grpc.health.v1.Health in plain text, for probes that can neither encrypt nor authenticate: the empty name is SERVING for as long
 * as the process answers, "ready" for as long as it can work.
 *
 * @throws InputError, FathomError ADDRESS_IN_USE for an address that cannot be listened at
 */
export async function openHealthPort(address: string): Promise<HealthPort> {
  const wanted = portAddress('healthAddress', address);
  const health = new HealthImplementation({ '': 'SERVING', [READY]: 'NOT_SERVING' });
  const server = new Server();
  health.addToServer(server);
  await ensureFree(wanted);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(formatAddress(wanted), ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const needs = new Map<string, boolean>();
  return {
    address: formatAddress({ ...wanted, port }),
    set: (what, there) => {
      needs.set(what, there);
      health.setStatus(READY, [...needs.values()].every(Boolean) ? 'SERVING' : 'NOT_SERVING');
    },
    close: async () => server.forceShutdown(),
  };
}

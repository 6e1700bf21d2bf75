import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { formatAddress } from '@fathom/wire';
import { ensureFree } from './free-address.js';
import { portAddress } from './port-address.js';

/** A port that has been opened beside the services. */
export interface OpenPort {
  /** The address that is bound. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves metrics to Prometheus at /metrics, over plain HTTP and without authentication: they hold no names but those of methods and jobs.
 *
 * @throws InputError, FathomError ADDRESS_IN_USE for an address that cannot be listened at
 */
export async function openMetricsPort(registry: Registry, address: string): Promise<OpenPort> {
  const wanted = portAddress('metricsAddress', address);
  await ensureFree(wanted);
  const server = createServer((request, response) => {
    const end = (code: number, type: string, body: string): void => void response.writeHead(code, { 'content-type': type }).end(body);
    if (request.url?.split('?')[0] !== '/metrics') return end(404, 'text/plain', 'metrics are at /metrics\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(405, 'text/plain', 'GET only\n');
    registry.metrics().then(
      (text) => end(200, registry.contentType, text),
      () => end(500, 'text/plain', 'the metrics cannot be read\n'),
    );
  });
  server.headersTimeout = 10_000;
  await listening(server, wanted.host.replace(/^\[|\]$/g, ''), wanted.port);
  const { port } = server.address() as AddressInfo;
  return {
    address: formatAddress({ ...wanted, port }),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

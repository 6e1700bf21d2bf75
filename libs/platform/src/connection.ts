import type { ConnectOptions } from '@fathom/service-kit';
import type { Config } from './config.js';

/** What of the configuration a connection needs. */
export type ConnectionConfig = Pick<Config, 'clientTls' | 'clientTokenFile' | 'limits'>;

/** How this process connects to other services: with its own certificate and token, for one tenant. */
export function connection({ clientTls, clientTokenFile, limits }: ConnectionConfig, tenant?: string): ConnectOptions {
  return { maxMessageBytes: limits.messageBytes, tls: clientTls, tokenFile: clientTokenFile, ...(clientTokenFile !== undefined && { tenant }) };
}

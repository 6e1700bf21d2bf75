import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { credentials, experimental, type ChannelCredentials, type ClientOptions } from '@grpc/grpc-js';
import { Certificates } from './certificates.js';
import type { Target } from './target.js';

/** TLS of a client. */
export interface ClientTls {
  /** Authorities of the server's certificate. */
  readonly caFile: string;
  /** This client's certificate, for servers that ask for one. @default none */
  readonly certFile?: string;
  /** Private key of certFile. */
  readonly keyFile?: string;
  /** The name that the server's certificate must be for. @default a host of the address, or localhost for a Unix socket */
  readonly serverName?: string;
}

/** The credentials of a client, and what its channel must know beside them. */
export function clientCredentials(tls: ClientTls | undefined, { hosts }: Target): { credentials: ChannelCredentials; options: ClientOptions } {
  if (!tls) return { credentials: credentials.createInsecure(), options: {} };
  const { caFile, certFile, keyFile, serverName } = tls;
  const certificates = new Certificates('clientTls', { certFile, keyFile, caFile }, () => undefined);
  const names = serverName === undefined ? hosts : [serverName];
  const asked = names.find((name) => isIP(name) === 0);
  return {
    credentials: experimental.createCertificateProviderChannelCredentials(certificates, certFile === undefined ? null : certificates, {
      checkServerIdentity: (_host, certificate) => {
        const troubles = names.map((name) => checkServerIdentity(name, certificate));
        return troubles.includes(undefined) ? undefined : troubles[0];
      },
    }),
    // An IP address may not be asked for by name in TLS.
    options: { 'grpc.ssl_target_name_override': asked ?? 'localhost' },
  };
}

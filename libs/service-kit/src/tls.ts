import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { InputError } from '@fathom/errors';
import { credentials, experimental, ServerCredentials, type ChannelCredentials, type ClientOptions } from '@grpc/grpc-js';
import type { Address } from './address.js';
import { Certificates } from './certificates.js';
import type { Logger } from './logger.js';

/** TLS of a server. All files are PEM, and are read again when they change. */
export interface ServerTls {
  /** Certificate, with those between it and its authority. */
  readonly certFile: string;
  /** Private key of the certificate, without a passphrase. */
  readonly keyFile: string;
  /** Authorities of clients' certificates; with it, a client must have one. @default clients need none */
  readonly caFile?: string;
  /** Milliseconds between looks at the files. @default 10,000 */
  readonly refreshMs?: number;
}

/** TLS of a client. */
export interface ClientTls {
  /** Authorities of the server's certificate. */
  readonly caFile: string;
  /** This client's certificate, for servers that ask for one. @default none */
  readonly certFile?: string;
  /** Private key of certFile. */
  readonly keyFile?: string;
  /** The name that the server's certificate must be for. @default the host of the address, or localhost for a Unix socket */
  readonly serverName?: string;
}

/** The credentials of a server, of plain connections without `tls`. Throws an InputError where the files are wrong. */
export function serverCredentials(tls: ServerTls | undefined, logger: Logger): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const { refreshMs, certFile, keyFile, caFile } = tls;
  if (certFile === '' || keyFile === '' || caFile === '')
    throw new InputError({
      field: 'tls',
      problem: 'has an empty path',
      accepted: 'certFile, keyFile, and caFile where clients must have certificates',
    });
  const refused = (error: unknown): void => logger.error({ error }, 'changed certificates are not taken over');
  const certificates = new Certificates('tls', { certFile, keyFile, caFile }, refused, refreshMs);
  // gRPC's declaration names the two providers the wrong way round: the identity comes first, and there may be no authorities.
  const [identity, authorities] = [certificates, caFile === undefined ? null : certificates];
  return experimental.createCertificateProviderServerCredentials(identity, authorities, caFile !== undefined);
}

/** The credentials of a client, and what its channel must know beside them. */
export function clientCredentials(tls: ClientTls | undefined, target: Address): { credentials: ChannelCredentials; options: ClientOptions } {
  if (!tls) return { credentials: credentials.createInsecure(), options: {} };
  const { caFile, certFile, keyFile, serverName } = tls;
  const certificates = new Certificates('clientTls', { certFile, keyFile, caFile }, () => undefined);
  const host = target.kind === 'tcp' ? target.host.replace(/^\[|\]$/g, '') : 'localhost';
  const name = serverName ?? host;
  return {
    credentials: experimental.createCertificateProviderChannelCredentials(certificates, certFile === undefined ? null : certificates, {
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    }),
    // An IP address may not be asked for by name in TLS.
    options: { 'grpc.ssl_target_name_override': isIP(name) === 0 ? name : 'localhost' },
  };
}

import { InputError } from '@fathom/errors';
import { Certificates } from '@fathom/wire';
import { experimental, ServerCredentials } from '@grpc/grpc-js';
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

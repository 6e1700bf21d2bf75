import type { Reason } from '@fathom/errors';
import type { ClientTls } from './client-tls.js';

/** What OpenSSL and Node say where a connection fails, and what it means. The first that fits counts. */
const MEANINGS: readonly (readonly [words: RegExp, problem: string])[] = [
  [/ALTNAME_INVALID|does not match certificate's altnames/, 'has a certificate for another name; clientTls.serverName says which name is expected'],
  [/alert certificate required|alert handshake failure/, 'wants a certificate of the client: clientTls.certFile and keyFile'],
  [/alert (unknown ca|bad certificate|certificate expired|certificate unknown|certificate revoked)/, "does not accept the client's certificate ($1)"],
  [/certificate has expired|CERT_HAS_EXPIRED/, 'has a certificate that has expired'],
  [/certificate is not yet valid|CERT_NOT_YET_VALID/, 'has a certificate that is not valid yet'],
  [/self[- ]signed certificate|unable to (verify|get)|SELF_SIGNED|UNABLE_TO/, 'has a certificate of no authority in clientTls.caFile'],
  [/wrong version number|packet length too long/, 'speaks no TLS; clientTls is for servers that do'],
];

/** How gRPC tells of a connection that was closed before any call. Of a port where nobody listens it tells ECONNREFUSED. */
const DROPPED = /Failed to connect|Connection dropped|ECONNRESET|Socket closed|socket hang up|EPROTO/;

/**
 * What kept a client from a server, as far as TLS has to do with it: UNAUTHENTICATED where trying again will not help. With TLS 1.3 a
 * server that does not want a client may just close the connection, as one without room would: that stays UNAVAILABLE, with a hint.
 */
export function tlsTrouble(details: string, tls: ClientTls | undefined): { reason: Reason; problem: string } | undefined {
  for (const [words, problem] of MEANINGS) {
    const found = words.exec(details);
    if (found) return { reason: 'UNAUTHENTICATED', problem: problem.replace('$1', found[1] ?? '') };
  }
  if (!DROPPED.test(details) || /ECONNREFUSED|ENOENT/.test(details)) return undefined;
  const hint = !tls
    ? 'it may speak TLS, and this client has no clientTls'
    : tls.certFile === undefined
      ? 'it may want a certificate of the client: clientTls.certFile and keyFile'
      : "it may not accept the client's certificate: an authority that it does not know, or expired";
  return { reason: 'UNAVAILABLE', problem: `closed the connection before any call; ${hint}` };
}

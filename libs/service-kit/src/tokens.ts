import { FathomError, InputError } from '@fathom/errors';
import type { Metadata } from '@grpc/grpc-js';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { isTenantName, SCOPES, type Caller } from './caller.js';
import { KeySet } from './key-set.js';
import { fileKeys, urlKeys } from './key-sources.js';
import type { Logger } from './logger.js';

/** Which bearer tokens (JWT) a server takes. */
export interface TokenSettings {
  /** `iss` that a token must have. */
  readonly issuer: string;
  /** `aud` that a token must have, alone or among others. */
  readonly audience: string;
  /** JSON Web Key Set with the issuer's public keys, read again when it changes. */
  readonly jwksFile?: string;
  /** The same by https, or by http from this machine itself. One of the two must be given. */
  readonly jwksUrl?: string;
}

/** Public-key signatures only: with a shared secret, whoever can check a token could make one. */
const ALGORITHMS = ['EdDSA', 'ES256', 'RS256'];

const CLOCK_TOLERANCE_SECONDS = 30;

const LONGEST_TOKEN = 8192;

/** Tells who a token belongs to. */
export interface TokenVerifier {
  /** Throws UNAUTHENTICATED where the token is not good, UNAVAILABLE where the issuer's keys cannot be had. */
  verify(token: string): Promise<Caller>;
}

/** Checks tokens against the settings. Throws an InputError where the settings or the key file are wrong. */
export async function openTokens(settings: TokenSettings, logger: Logger): Promise<TokenVerifier> {
  const { issuer, audience, jwksFile, jwksUrl } = settings;
  for (const [field, value] of Object.entries({ issuer, audience }))
    if (value === '') throw new InputError({ field: `tokens.${field}`, problem: 'is empty', accepted: `the ${field} of the tokens` });
  if ((jwksFile === undefined) === (jwksUrl === undefined))
    throw new InputError({ field: 'tokens', problem: 'has not one source of keys', accepted: 'either jwksFile or jwksUrl' });
  const keys = new KeySet(jwksFile === undefined ? urlKeys(jwksUrl!) : fileKeys(jwksFile), logger);
  if (jwksFile !== undefined) await keys.load();
  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, (header) => keys.keyFor(header), {
          algorithms: ALGORITHMS,
          issuer,
          audience,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          requiredClaims: ['exp', 'sub'],
        });
        return callerIn(payload);
      } catch (thrown) {
        throw thrown instanceof FathomError ? thrown : refusal(thrown);
      }
    },
  };
}

/** The token of a call. Throws UNAUTHENTICATED where there is none. */
export function bearerToken(metadata: Metadata): string {
  const given = metadata.get('authorization');
  if (given.length === 0) throw unauthenticated('missing', 'the call has no token; send the metadata "authorization: Bearer <token>"');
  const text = String(given[0]);
  const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(text) ?? [];
  if (given.length > 1 || token === undefined || text.length > LONGEST_TOKEN)
    throw unauthenticated('malformed', `"authorization" is not "Bearer" and one JSON Web Token of at most ${LONGEST_TOKEN} characters`);
  return token;
}

function callerIn({ sub, tenant, scope }: JWTPayload): Caller {
  if (typeof sub !== 'string' || sub === '' || sub.length > 256) throw unauthenticated('claim', "the token's claim sub is no name");
  if (!isTenantName(tenant)) throw unauthenticated('claim', "the token's claim tenant is missing or no name of a tenant");
  const given = typeof scope === 'string' ? scope.split(' ') : [];
  return { subject: sub, tenant, scopes: SCOPES.filter((name) => given.includes(name)) };
}

/** Claims are told apart because they are only looked at once the signature is good; of a bad signature nothing is told. */
function refusal(thrown: unknown): FathomError {
  if (thrown instanceof errors.JWTExpired) return unauthenticated('expired', 'the token has expired');
  if (thrown instanceof errors.JWTClaimValidationFailed) {
    if (thrown.claim === 'iss') return unauthenticated('issuer', 'the token is from another issuer');
    if (thrown.claim === 'aud') return unauthenticated('audience', 'the token is for another audience');
    if (thrown.claim === 'nbf' && thrown.reason === 'check_failed') return unauthenticated('early', 'the token is not valid yet');
    return unauthenticated('claim', `the token's claim ${thrown.claim} is missing or wrong`);
  }
  return unauthenticated('invalid', 'the token is not valid');
}

function unauthenticated(problem: string, message: string): FathomError {
  return new FathomError('UNAUTHENTICATED', message, { metadata: { problem } });
}

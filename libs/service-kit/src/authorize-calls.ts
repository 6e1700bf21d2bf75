import { FathomError } from '@fathom/errors';
import { ServerInterceptingCall, ServerListenerBuilder, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import { REQUEST_ID } from '@fathom/wire';
import { LOCAL_CALLER, noteCaller, onBehalf, type Caller } from './caller.js';
import { sentStatus } from './error-status.js';
import { scopeOf } from './method-scopes.js';
import { bearerToken, type TokenVerifier } from './tokens.js';

/**
 * Finds out who makes a call and whether they may, before any of the request is read by its handler. Without a verifier everybody is
 * {@link LOCAL_CALLER}.
 */
export function authorizeCalls(tokens: TokenVerifier | undefined): ServerInterceptor {
  return (method, call) => {
    const admit = async (metadata: Metadata): Promise<void> => noteCaller(metadata, await authorized(method.path, metadata, tokens));
    const listener = new ServerListenerBuilder().withOnReceiveMetadata((metadata, next) => {
      admit(metadata).then(
        () => next(metadata),
        (thrown: unknown) => call.sendStatus(sentStatus(thrown, String(metadata.get(REQUEST_ID)[0] ?? ''))),
      );
    });
    return new ServerInterceptingCall(call, { start: (next) => next(listener.build()) });
  };
}

/** Who makes a call; throws UNAUTHENTICATED or PERMISSION_DENIED where they may not. */
async function authorized(path: string, metadata: Metadata, tokens: TokenVerifier | undefined): Promise<Caller> {
  if (!tokens) return LOCAL_CALLER;
  const scope = scopeOf(path);
  if (scope === null) return { ...LOCAL_CALLER, subject: 'anybody', scopes: [] };
  const caller = await tokens.verify(bearerToken(metadata));
  noteCaller(metadata, caller); // for the log, where the call is refused
  if (scope === undefined || !(caller.scopes.includes(scope) || caller.scopes.includes('admin')))
    throw new FathomError('PERMISSION_DENIED', `${path} needs a token with the scope ${scope ?? 'of a method that is known'}`, {
      metadata: { method: path, scope: scope ?? '' },
    });
  return onBehalf(caller, metadata);
}

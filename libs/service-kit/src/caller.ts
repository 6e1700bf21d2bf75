import { FathomError } from '@fathom/errors';
import { TENANT } from '@fathom/wire';
import type { Metadata } from '@grpc/grpc-js';

/**
 * What a caller may do: `read` what there is, `run` work, `register` networks and images from files of the server, and, as
 * `admin`, all of that and on behalf of any tenant.
 */
export const SCOPES = ['read', 'run', 'register', 'admin'] as const;

/** One of {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number];

/** Who calls. */
export interface Caller {
  /** `sub` of the token. */
  readonly subject: string;
  /** Whose data the call is about: it sees and makes what lies under this name in the store, and nothing else. */
  readonly tenant: string;
  readonly scopes: readonly Scope[];
}

/** The caller of a server without authentication. */
export const LOCAL_CALLER: Caller = { subject: 'local', tenant: 'default', scopes: SCOPES };

const TENANT_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** True for names that a tenant can have: 1 to 63 lower-case letters, digits and hyphens, no hyphen first. */
export function isTenantName(value: unknown): value is string {
  return typeof value === 'string' && TENANT_NAME.test(value);
}

/** Beside the entries of the metadata and not among them, where a client could have written it. */
const CALLER = Symbol('caller');

type WithCaller = Metadata & { [CALLER]?: Caller };

/** Notes who makes the call that came with the metadata. */
export function noteCaller(metadata: WithCaller, caller: Caller): void {
  metadata[CALLER] = caller;
}

/** Who makes the call that came with the metadata; undefined where that is not known yet, or never will be. */
export function notedCaller(metadata: WithCaller): Caller | undefined {
  return metadata[CALLER];
}

/** Who makes the call that came with the metadata. */
export function callerOf(metadata: WithCaller): Caller {
  const caller = notedCaller(metadata);
  if (!caller) throw new FathomError('INTERNAL', 'a call came past authorisation');
  return caller;
}

/**
 * The caller for the tenant that the call names, if it names one. Throws PERMISSION_DENIED where that is another than the
 * caller's own and the caller is no admin.
 */
export function onBehalf(caller: Caller, metadata: Metadata): Caller {
  const named = metadata.get(TENANT);
  const [tenant] = named;
  if (named.length === 0 || tenant === caller.tenant) return caller;
  if (named.length > 1 || !isTenantName(tenant) || !caller.scopes.includes('admin'))
    throw new FathomError('PERMISSION_DENIED', `${TENANT} may name another tenant only where the token has the scope admin`, {
      metadata: { scope: 'admin' },
    });
  return { ...caller, tenant };
}

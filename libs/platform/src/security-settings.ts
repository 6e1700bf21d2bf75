import { resolve } from 'node:path';
import { InputError } from '@fathom/errors';
import type { ClientTls, ServerTls, TokenSettings } from '@fathom/service-kit';

/** Settings of `tls`, `tokens` and `clientTls`: every one a text, those that name files as paths. */
const SECTIONS = {
  tls: { needed: ['certFile', 'keyFile'], others: ['caFile'] },
  tokens: { needed: ['issuer', 'audience'], others: ['jwksFile', 'jwksUrl'] },
  clientTls: { needed: ['caFile'], others: ['certFile', 'keyFile', 'serverName'] },
} as const;

/** How a server knows its clients, and a client shows itself. */
export interface SecuritySettings {
  /** Encrypts connections to this process's services; with caFile, clients must have certificates. @default plain connections */
  readonly tls?: ServerTls;
  /** Which bearer tokens the services take. @default none: every caller is the tenant "default" with all scopes, whose is the whole store */
  readonly tokens?: TokenSettings;
  /** How to connect to services that have `tls`. @default plain connections */
  readonly clientTls?: ClientTls;
  /** File of the token to show to other services. @default none */
  readonly clientTokenFile?: string;
  /** Serves without `tls` and `tokens` both, on loopback addresses and Unix sockets alone. @default false */
  readonly insecure: boolean;
}

/** Reads the settings. Values are not shown in errors. */
export function securitySettings(settings: Readonly<Record<string, unknown>>): SecuritySettings {
  const { insecure = false, clientTokenFile } = settings;
  if (typeof insecure !== 'boolean') throw new InputError({ field: 'insecure', problem: 'is neither true nor false', accepted: 'true or false' });
  if (clientTokenFile !== undefined && (typeof clientTokenFile !== 'string' || clientTokenFile === ''))
    throw new InputError({ field: 'clientTokenFile', problem: 'is no path', accepted: 'the path of a file with one token' });
  return {
    insecure,
    ...section('tls', settings),
    ...section('tokens', settings),
    ...section('clientTls', settings),
    ...(clientTokenFile !== undefined && { clientTokenFile: resolve(clientTokenFile) }),
  };
}

function section<Name extends keyof typeof SECTIONS>(name: Name, settings: Readonly<Record<string, unknown>>): Pick<SecuritySettings, Name> {
  const value: unknown = settings[name];
  if (value === undefined) return {} as Pick<SecuritySettings, Name>;
  const { needed, others } = SECTIONS[name];
  const known: readonly string[] = [...needed, ...others];
  const refused = (field: string, problem: string): InputError => new InputError({ field, problem, accepted: `an object with ${known.join(', ')}` });
  if (!isObject(value)) throw refused(name, 'is no object');
  for (const [key, text] of Object.entries(value)) {
    if (!known.includes(key)) throw refused(`${name}.${key}`, 'is no setting');
    if (typeof text !== 'string' || text === '') throw refused(`${name}.${key}`, 'is no text');
  }
  for (const key of needed) if (!(key in value)) throw refused(`${name}.${key}`, 'is missing');
  const paths: Record<string, string> = {};
  for (const [key, text] of Object.entries(value as Record<string, string>)) paths[key] = key.endsWith('File') ? resolve(text) : text;
  return { [name]: paths } as unknown as Pick<SecuritySettings, Name>;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

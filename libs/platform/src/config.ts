import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { ENGINE_NAMES, type EngineName } from '@fathom/engines';
import { FathomError, InputError } from '@fathom/errors';
import { isTenantName } from '@fathom/service-kit';
import type { StoreConfig } from '@fathom/store';
import { limitSettings, type Limits } from './limits.js';
import { securitySettings, type SecuritySettings } from './security-settings.js';
import { storeSetting } from './store-setting.js';
import { TELEMETRY_KEYS, telemetrySettings, type TelemetrySettings } from './telemetry-settings.js';

/** The six services, in the order of the work. */
export const SERVICES = ['activation', 'dictionary', 'complexity', 'importance', 'robustness', 'study'] as const;

/** Name of a service. */
export type ServiceName = (typeof SERVICES)[number];

/** Everything that a Fathom process can be told. */
export interface Config extends SecuritySettings, TelemetrySettings {
  /** Where artifacts, operations and studies are kept; for one tenant, where the setting `tenant` names it. @default the folder .fathom, all of it */
  readonly store: StoreConfig;
  /** Worker threads for computing, 1 to 256. @default one per processor */
  readonly threads: number;
  /** Who multiplies the integers that PORTABLE results are made of. @default 'onnxruntime' */
  readonly engine: EngineName;
  /** Operations that may run at once in one process, 1 to 100,000; more wait for their turn. @default 256 */
  readonly maxRunningOperations: number;
  /** Of these, operations of one tenant, 1 to 100,000. @default all of them */
  readonly maxRunningPerTenant: number;
  /** Operations of one tenant that may wait in one process, 0 to 100,000; more are refused. @default 1000 */
  readonly maxWaitingOperations: number;
  /** How long a process may be silent before others take its operations over, in milliseconds, 200 to 600,000. @default 8000 */
  readonly leaseMs: number;
  /** Folders that networks and images may be registered from. @default none */
  readonly inputRoots: readonly string[];
  /** Address of each service: where it listens, and where others find it. @default 127.0.0.1, ports 7301 to 7306 */
  readonly addresses: Readonly<Record<ServiceName, string>>;
  /** How large what comes from outside may be. @default {@link LIMITS} */
  readonly limits: Limits;
}

/** Where configuration comes from; injectable for tests. */
export interface ConfigSources {
  /** Path of a JSON file. @default the variable FATHOM_CONFIG, else none */
  readonly file?: string;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Settings that win over file and environment. @default {} */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

const KEYS = [
  'store',
  'tenant',
  'threads',
  'engine',
  'maxRunningOperations',
  'maxRunningPerTenant',
  'maxWaitingOperations',
  'leaseMs',
  'inputRoots',
  'addresses',
  'tls',
  'tokens',
  'clientTls',
  'clientTokenFile',
  'insecure',
  'limits',
  ...TELEMETRY_KEYS,
] as const;

const VARIABLES: Readonly<Record<string, string>> = {
  FATHOM_STORE: 'store',
  FATHOM_TENANT: 'tenant',
  FATHOM_THREADS: 'threads',
  FATHOM_ENGINE: 'engine',
  FATHOM_MAX_RUNNING_OPERATIONS: 'maxRunningOperations',
  FATHOM_MAX_RUNNING_PER_TENANT: 'maxRunningPerTenant',
  FATHOM_MAX_WAITING_OPERATIONS: 'maxWaitingOperations',
  FATHOM_LEASE_MS: 'leaseMs',
  FATHOM_INPUT_ROOTS: 'inputRoots',
  FATHOM_CLIENT_TOKEN_FILE: 'clientTokenFile',
  FATHOM_METRICS_ADDRESS: 'metricsAddress',
  FATHOM_HEALTH_ADDRESS: 'healthAddress',
  FATHOM_TRACES: 'traces',
  FATHOM_LOG_LEVEL: 'logLevel',
};

/** Settings that may look like numbers and are none. */
const TEXTS: readonly string[] = ['store', 'tenant', 'clientTokenFile'];

/** Reads the configuration: file, then environment, then overrides. Throws an InputError that names a wrong or unknown setting. */
export function loadConfig(sources: ConfigSources = {}): Config {
  const env = sources.env ?? process.env;
  const file = sources.file ?? env['FATHOM_CONFIG'];
  const settings: Record<string, unknown> = { ...(file === undefined ? {} : fromFile(file)), ...fromEnvironment(env), ...sources.overrides };
  for (const key of Object.keys(settings))
    if (!(KEYS as readonly string[]).includes(key)) throw new InputError({ field: key, problem: 'is no setting', accepted: KEYS.join(', ') }); // its value may be a secret
  const maxRunningOperations = wholeSetting('maxRunningOperations', settings['maxRunningOperations'] ?? 256, 100_000);
  return {
    store: { ...storeSetting(settings['store'] ?? '.fathom', env), ...tenantSetting(settings['tenant']) },
    threads: wholeSetting('threads', settings['threads'] ?? Math.min(256, availableParallelism()), 256),
    engine: engineSetting(settings['engine'] ?? 'onnxruntime'),
    maxRunningOperations,
    maxRunningPerTenant: wholeSetting('maxRunningPerTenant', settings['maxRunningPerTenant'] ?? maxRunningOperations, 100_000),
    maxWaitingOperations: wholeSetting('maxWaitingOperations', settings['maxWaitingOperations'] ?? 1_000, 100_000, 0),
    leaseMs: wholeSetting('leaseMs', settings['leaseMs'] ?? 8_000, 600_000, 200),
    inputRoots: roots(settings['inputRoots'] ?? []),
    addresses: addresses(settings['addresses'] ?? {}),
    ...securitySettings(settings),
    limits: limitSettings(settings['limits']),
    ...telemetrySettings(settings),
  };
}

function fromFile(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new FathomError('NOT_FOUND', `the configuration file ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Without the cause: its message quotes the file, which may hold a secret.
    throw new InputError({ field: file, problem: 'is not JSON', accepted: 'a JSON object' });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new InputError({ field: file, problem: 'is no JSON object', accepted: `an object with ${KEYS.join(', ')}` });
  return parsed as Record<string, unknown>;
}

function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const [variable, key] of Object.entries(VARIABLES)) {
    const value = env[variable];
    if (value === undefined || value === '') continue;
    if (key === 'inputRoots') settings[key] = value.split(':');
    else settings[key] = TEXTS.includes(key) || Number.isNaN(Number(value)) ? value : Number(value);
  }
  return settings;
}

function wholeSetting(field: string, value: unknown, most: number, least = 1): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw new InputError({ field, problem: 'is out of range', value, accepted: `a whole number from ${least} to ${most}` });
  return value;
}

function tenantSetting(value: unknown): Pick<StoreConfig, 'tenant'> {
  if (value === undefined) return {};
  if (!isTenantName(value))
    throw new InputError({
      field: 'tenant',
      problem: 'is no name of a tenant',
      value,
      accepted: '1 to 63 lower-case letters, digits and hyphens, no hyphen first',
    });
  return { tenant: value };
}

function engineSetting(value: unknown): EngineName {
  if (!ENGINE_NAMES.some((name) => name === value))
    throw new InputError({ field: 'engine', problem: 'is no engine', value, accepted: ENGINE_NAMES.join(', ') });
  return value as EngineName;
}

function roots(value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((root) => typeof root === 'string' && root !== ''))
    throw new InputError({ field: 'inputRoots', problem: 'is no list of folders', value, accepted: 'a list of paths' });
  return (value as string[]).map((root) => resolve(root));
}

function addresses(value: unknown): Record<ServiceName, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError({ field: 'addresses', problem: 'is no object', value, accepted: `an object with ${SERVICES.join(', ')}` });
  for (const [name, address] of Object.entries(value)) {
    if (!(SERVICES as readonly string[]).includes(name))
      throw new InputError({ field: `addresses.${name}`, problem: 'is no service', value: name, accepted: SERVICES.join(', ') });
    if (typeof address !== 'string')
      throw new InputError({ field: `addresses.${name}`, problem: 'is no address', value: address, accepted: '"host:port" or "unix:/path"' });
  }
  const given = value as Partial<Record<ServiceName, string>>;
  const filled = SERVICES.map((name, index) => [name, given[name] ?? `127.0.0.1:${7301 + index}`] as const);
  return Object.fromEntries(filled) as Record<ServiceName, string>;
}

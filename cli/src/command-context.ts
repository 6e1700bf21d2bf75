import { FathomError, InputError } from '@fathom/errors';
import { loadConfig, type Config } from '@fathom/platform';
import { watchInterruption, type Interruption } from './interruption.js';
import { connectServices, embedServices, type Services } from './services.js';
import { tenantInToken } from './tenant-in-token.js';
import { openTerminal, type Terminal } from './terminal.js';

const MOST_THREADS = 256;

/** Options that every command takes. */
export interface GlobalOptions {
  /** Configuration file. */
  readonly config?: string;
  /** Location of the store; wins over the configuration. */
  readonly store?: string;
  /** Whose part of the store; wins over the configuration. */
  readonly tenant?: string;
  /** Worker threads; wins over the configuration. */
  readonly threads?: string;
  /** Who multiplies integers; wins over the configuration. */
  readonly engine?: string;
  /** Whether to talk to running services instead of running them in this process. */
  readonly remote?: boolean;
  /** Of `fathom serve`: whether to serve without tls and tokens; wins over the configuration. */
  readonly insecure?: boolean;
  readonly json?: boolean;
}

/** What a command works with. */
export interface CommandContext {
  readonly config: Config;
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  /** The services: of this process, or those that run at the configured addresses. Files below `inputRoots` may be registered. */
  services(inputRoots?: readonly string[]): Promise<Services>;
}

/** Reads configuration and options into what a command works with. */
export function commandContext(options: GlobalOptions): CommandContext {
  const overrides = {
    ...(options.store === undefined ? {} : { store: options.store }),
    ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    ...(options.threads === undefined ? {} : { threads: threadCount(options.threads) }),
    ...(options.engine === undefined ? {} : { engine: options.engine }),
    ...(options.insecure ? { insecure: true } : {}),
  };
  const config = ofOwnTenant(loadConfig({ ...(options.config === undefined ? {} : { file: options.config }), overrides }), options);
  return {
    config,
    terminal: openTerminal(options.json ?? false),
    interruption: watchInterruption(),
    services: (inputRoots = []) =>
      options.remote ? Promise.resolve(connectServices(config)) : embedServices({ ...config, inputRoots: [...config.inputRoots, ...inputRoots] }),
  };
}

/** Runs a command body with services that are closed afterwards, whatever happens. */
export async function withServices<T>(context: CommandContext, inputRoots: readonly string[], body: (services: Services) => Promise<T>): Promise<T> {
  const services = await context.services(inputRoots);
  try {
    return await body(services);
  } catch (error) {
    // Whatever breaks once the work was told to stop, breaks because of that.
    throw context.interruption.signal.aborted ? new FathomError('CANCELLED', 'interrupted', { cause: error }) : error;
  } finally {
    await services.close();
  }
}

/**
 * The configuration with the part of the store that services elsewhere use for this caller: they tell by the token, and what they make is
 * read there.
 */
function ofOwnTenant(config: Config, { remote = false }: GlobalOptions): Config {
  const { store, clientTokenFile } = config;
  if (!remote || clientTokenFile === undefined || store.tenant !== undefined) return config;
  const tenant = tenantInToken(clientTokenFile);
  return tenant === undefined ? config : { ...config, store: { ...store, tenant } };
}

function threadCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > MOST_THREADS)
    throw new InputError({ field: '--threads', problem: 'is out of range', value: text, accepted: `a whole number from 1 to ${MOST_THREADS}` });
  return count;
}

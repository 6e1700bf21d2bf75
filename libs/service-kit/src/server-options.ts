import { InputError } from '@fathom/errors';
import type { Tracer } from '@opentelemetry/api';
import { listenAddress } from '@fathom/wire';
import type { CallMetrics } from './call-metrics.js';
import { createLogger, type Logger } from './logger.js';
import type { BoundService } from './service-types.js';
import type { ServerTls } from './server-tls.js';
import type { TokenSettings } from './tokens.js';

/** Bounds of a server. */
export interface ServerLimits {
  /** Bytes of the largest request or response. @default 4 MiB, gRPC's own default */
  readonly maxMessageBytes?: number;
  /** Calls at once on one connection; more wait at the client. @default 256 */
  readonly maxCallsPerConnection?: number;
  /** Characters of a text in a request. @default 4,096 */
  readonly maxTextLength?: number;
  /** Entries of a list in a request. @default 100,000 */
  readonly maxListLength?: number;
  /** What fields of these names may be at most; see RequestLimits. @default nothing more */
  readonly maxByField?: ReadonlyMap<string, number>;
  /** Milliseconds that calls in flight have to end when the server closes. @default 10,000 */
  readonly graceMs?: number;
}

/** Options of {@link startServer}. */
export interface ServerOptions {
  /** Name on every log line, such as "activation". */
  readonly name: string;
  /** "127.0.0.1:50051", "localhost:0" for any free port, or "unix:/path/to/socket"; of other machines' reach only with `tls` and `tokens`. */
  readonly address: string;
  /** At least one; each made by {@link implement}. */
  readonly services: readonly BoundService[];
  /** @default JSON lines on standard error */
  readonly logger?: Logger;
  /** @default see {@link ServerLimits} */
  readonly limits?: ServerLimits;
  /** Encrypts connections. @default plain connections */
  readonly tls?: ServerTls | undefined;
  /** Says who may call. @default everybody who can reach the server, with all scopes */
  readonly tokens?: TokenSettings | undefined;
  /** Must be true for a server that has not both `tls` and `tokens`. @default false */
  readonly insecure?: boolean;
  /** Makes a span of every call. @default no spans */
  readonly tracer?: Tracer | undefined;
  /** Counts the calls. @default nothing is counted */
  readonly metrics?: CallMetrics | undefined;
}

/** Validates options and fills in what is not given. */
export function checkedOptions(options: ServerOptions) {
  const { name, address, services, limits = {}, tls, tokens } = options;
  if (name === '') throw new InputError({ field: 'name', problem: 'is empty', accepted: 'a name for the log' });
  const names = services.map((service) => service.name);
  if (names.length === 0) throw new InputError({ field: 'services', problem: 'none is given', accepted: 'at least one service' });
  const twice = names.find((service, i) => names.indexOf(service) !== i);
  if (twice !== undefined)
    throw new InputError({
      field: 'services',
      problem: 'one is given twice',
      value: twice,
      accepted: 'each service once',
    });
  const guarded = tls !== undefined && tokens !== undefined;
  if (!guarded && options.insecure !== true)
    throw new InputError({
      field: 'insecure',
      problem: `without ${tls ? 'tokens' : tokens ? 'tls' : 'tls and tokens'} a server starts only where that is asked for`,
      accepted: '--insecure, or "insecure": true in the configuration, for this machine alone; or tls and tokens',
    });
  return {
    name,
    address: listenAddress(address, guarded),
    services,
    tls,
    tokens,
    logger: options.logger ?? createLogger({ name }),
    maxMessageBytes: integer('limits.maxMessageBytes', limits.maxMessageBytes ?? 4 * 1024 * 1024, 1024),
    maxCallsPerConnection: integer('limits.maxCallsPerConnection', limits.maxCallsPerConnection ?? 256, 1),
    maxTextLength: integer('limits.maxTextLength', limits.maxTextLength ?? 4096, 1),
    maxListLength: integer('limits.maxListLength', limits.maxListLength ?? 100_000, 1),
    maxByField: limits.maxByField ?? new Map<string, number>(),
    graceMs: integer('limits.graceMs', limits.graceMs ?? 10_000, 0),
  };
}

function integer(field: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least && value < 2 ** 31) return value;
  throw new InputError({
    field,
    problem: 'out of range',
    value,
    accepted: `an integer from ${least} to ${2 ** 31 - 1}`,
  });
}

import { InputError } from '@fathom/errors';
import { LOG_LEVELS, type LogLevel, type TraceOptions } from '@fathom/service-kit';

/** What a process tells of itself, and where. */
export interface TelemetrySettings {
  /** Where Prometheus reads metrics: "host:port", or ":port" for this machine alone. @default nowhere */
  readonly metricsAddress?: string | undefined;
  /** Where health is told in plain text: "host:port", or ":port" for this machine alone. @default at the services' own addresses only */
  readonly healthAddress?: string | undefined;
  /** Where spans are sent. @default nowhere */
  readonly traces?: Pick<TraceOptions, 'endpoint' | 'share'> | undefined;
  /** The least severe level of log lines. @default 'info' */
  readonly logLevel?: LogLevel | undefined;
}

/** The keys of {@link TelemetrySettings}. */
export const TELEMETRY_KEYS = ['metricsAddress', 'healthAddress', 'traces', 'logLevel'] as const;

/** Reads them. Throws an InputError that names a wrong one. */
export function telemetrySettings(settings: Readonly<Record<string, unknown>>): TelemetrySettings {
  const { metricsAddress, healthAddress, traces, logLevel } = settings;
  return {
    metricsAddress: address('metricsAddress', metricsAddress),
    healthAddress: address('healthAddress', healthAddress),
    traces: traces === undefined ? undefined : traceSettings(typeof traces === 'string' ? { endpoint: traces } : traces),
    logLevel: logLevel === undefined ? undefined : level(logLevel),
  };
}

function address(field: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new InputError({ field, problem: 'is no address', value, accepted: '"host:port", or ":port" for this machine alone' });
}

function level(value: unknown): LogLevel {
  const found = LOG_LEVELS.find((name) => name === value);
  if (found) return found;
  throw new InputError({ field: 'logLevel', problem: 'is no level', value, accepted: LOG_LEVELS.join(', ') });
}

function traceSettings(given: unknown): Pick<TraceOptions, 'endpoint' | 'share'> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new InputError({ field: 'traces', problem: 'is no object', value: given, accepted: 'an object with endpoint, and share where wanted' });
  const { endpoint, share, ...rest } = given as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new InputError({ field: `traces.${unknown}`, problem: 'is no setting', accepted: 'endpoint, share' });
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    throw new InputError({ field: 'traces.endpoint', problem: 'is no URL', accepted: 'a URL such as http://127.0.0.1:4318/v1/traces' }); // its value may hold a secret
  if (share === undefined) return { endpoint };
  if (typeof share !== 'number' || !(share >= 0 && share <= 1))
    throw new InputError({ field: 'traces.share', problem: 'is out of range', value: share, accepted: 'a number from 0 to 1' });
  return { endpoint, share };
}

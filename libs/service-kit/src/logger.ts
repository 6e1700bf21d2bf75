import pino from 'pino';
import { scopeFields } from './trace-scope.js';

/** Where structured log lines go. A pino logger is one. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How severe a line is, from the least on; 'silent' is above all. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Name of the service, on every line. */
  readonly name: string;
  /** The least severe level that is written. @default 'info' */
  readonly level?: LogLevel | undefined;
  /** Takes each line, ended by a newline. @default standard error */
  readonly sink?: { write(line: string): void };
}

/** A logger that writes one JSON object a line, with the trace and the operation that it is about. */
export function createLogger({ name, level = 'info', sink }: LoggerOptions): Logger {
  return pino(
    {
      name,
      level,
      base: { pid: process.pid },
      mixin: scopeFields,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
    },
    sink ?? pino.destination({ fd: 2, sync: true }),
  );
}

const MOST_CAUSES = 5;

/** Name, message, stack and causes. Nothing else: errors of other libraries may carry requests, and so credentials. */
function describeError(thrown: unknown, depth = 0): unknown {
  if (!(thrown instanceof Error)) return String(thrown);
  const { name, message, stack, cause } = thrown;
  return {
    name,
    message,
    stack,
    ...(cause !== undefined && depth < MOST_CAUSES && { cause: describeError(cause, depth + 1) }),
  };
}

import { OperationsClient, OperationsService, operations } from '@fathom/contracts';
import type { ConnectOptions } from '@fathom/wire';
import { connect } from './connect.js';
import { createLogger } from './logger.js';
import type { ServerLimits, ServerOptions } from './server-options.js';
import { implement, type Implementation } from './service-types.js';
import { startServer } from './start-server.js';

type Operations = Implementation<typeof OperationsService>;

/** An operation of that name. */
export function operation(name: string, sequence = 0) {
  return { operation: operations.Operation.create({ name, sequence }) };
}

const quiet: Operations = {
  getOperation: async ({ name }) => operation(name),
  waitOperation: async ({ name }) => operation(name),
  cancelOperation: async ({ name }) => operation(name),
  listOperations: async () => ({ operations: [], nextPageToken: '' }),
  watchOperation: async function* ({ name }) {
    yield operation(name);
  },
};

/** What a test starts. */
export interface TestOptions {
  /** Handlers instead of those that echo the name. */
  readonly handlers?: Partial<Operations>;
  readonly address?: string;
  readonly limits?: ServerLimits;
  readonly client?: ConnectOptions;
  /** @default insecure */
  readonly security?: Pick<ServerOptions, 'tls' | 'tokens' | 'insecure'>;
  /** Who is told of calls. @default nobody */
  readonly watch?: Pick<ServerOptions, 'tracer' | 'metrics'>;
}

/** Servers and clients over real sockets, closed by `closeAll`. */
export class TestServers {
  readonly #closables: { close(): unknown }[] = [];

  /** A server of OperationsService, a client of it, and the lines it logs. */
  async start({ handlers, address = '127.0.0.1:0', limits, client, security = { insecure: true }, watch }: TestOptions = {}) {
    const lines: Record<string, unknown>[] = [];
    const sink = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
    const server = await startServer({
      name: 'test',
      address,
      services: [implement(OperationsService, { ...quiet, ...handlers })],
      logger: createLogger({ name: 'test', level: 'debug', sink }),
      limits,
      ...security,
      ...watch,
    });
    this.#closables.unshift(server);
    const remote = connect(OperationsClient, server.address, client);
    this.#closables.unshift(remote);
    return { server, remote, lines };
  }

  async closeAll(): Promise<void> {
    for (const closable of this.#closables.splice(0)) await closable.close();
  }
}

/** A promise and the function that settles it. */
export function gate<T = void>() {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open };
}

/** Settles when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));
}

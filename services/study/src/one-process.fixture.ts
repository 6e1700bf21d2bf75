import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, serve, SERVICES, type Served, type ServiceName } from '@fathom/platform';
import { activationService } from '@fathom/service-activation';
import { complexityService } from '@fathom/service-complexity';
import { dictionaryService } from '@fathom/service-dictionary';
import { importanceService } from '@fathom/service-importance';
import { createLogger, type ConnectOptions } from '@fathom/service-kit';
import { robustnessService } from '@fathom/service-robustness';
import type { StoreConfig } from '@fathom/store';
import { studyService } from '@fathom/service-study';
import { fathomClients, type FathomClients } from './fathom-clients.fixture.js';
import { FASHION } from './small-material.fixture.js';

/** All six services in this process, over one socket. */
export interface OneProcess {
  /** A folder of its own; files in it, and in FASHION, may be registered. */
  readonly folder: string;
  readonly store: string;
  readonly address: string;
  readonly addresses: Readonly<Record<ServiceName, string>>;
  readonly clients: FathomClients;
  readonly served: Served;
  /** Lines of the log. */
  readonly lines: Record<string, unknown>[];
  close(): Promise<void>;
}

/** What a test serves. */
export interface OneProcessOptions {
  readonly maxRunningOperations?: number;
  readonly maxWaitingOperations?: number;
  /** @default a folder of its own */
  readonly store?: string | StoreConfig;
  /** Settings of security and limits. @default insecure */
  readonly security?: Readonly<Record<string, unknown>>;
  /** How the clients connect. @default plain */
  readonly client?: ConnectOptions;
}

/** Serves all six from their built code. */
export async function oneProcess({
  maxRunningOperations = 256,
  maxWaitingOperations = 1_000,
  store,
  security = { insecure: true },
  client,
}: OneProcessOptions = {}): Promise<OneProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-one-'));
  const address = `unix:${join(folder, 'socket')}`;
  const addresses = Object.fromEntries(SERVICES.map((name) => [name, address])) as Record<ServiceName, string>;
  const opened = store ?? join(folder, 'store');
  const location = typeof opened === 'string' ? opened : opened.location;
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({ name: 'test', sink: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) } });
  const factories = [activationService, dictionaryService, complexityService, importanceService, robustnessService, studyService];
  const overrides = {
    store: opened,
    threads: 2,
    maxRunningOperations,
    maxWaitingOperations,
    inputRoots: [folder, FASHION],
    addresses,
    ...security,
  };
  const config = loadConfig({ env: {}, overrides });
  const served = await serve(factories, { name: 'test', address, config, logger });
  const clients = fathomClients(addresses, client);
  const close = async (): Promise<void> => {
    clients.close();
    await served.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, store: location, address, addresses, clients, served, lines, close };
}

import { join } from 'node:path';
import { ActivationClient, OperationsClient, StudyClient } from '@fathom/contracts';
import {
  connection,
  serve,
  SERVICES,
  type Config,
  type ConnectionConfig,
  type Platform,
  type ServiceFactory,
  type ServiceName,
} from '@fathom/platform';
import { activationService } from '@fathom/service-activation';
import { complexityService } from '@fathom/service-complexity';
import { dictionaryService } from '@fathom/service-dictionary';
import { importanceService } from '@fathom/service-importance';
import { robustnessService } from '@fathom/service-robustness';
import { studyService } from '@fathom/service-study';
import { connect, createLogger, type ConnectOptions, type Logger } from '@fathom/service-kit';
import { temporaryFolder } from './temporary-folder.js';

/** How each service is made. */
export const FACTORIES: Readonly<Record<ServiceName, ServiceFactory>> = {
  activation: activationService,
  dictionary: dictionaryService,
  complexity: complexityService,
  importance: importanceService,
  robustness: robustnessService,
  study: studyService,
};

/** The services as a command talks to them. */
export interface Services {
  readonly activation: ReturnType<typeof connectActivation>;
  readonly activationOperations: ReturnType<typeof connectOperations>;
  readonly study: ReturnType<typeof connectStudy>;
  readonly studyOperations: ReturnType<typeof connectOperations>;
  /** Lets go; services of this process stop, and keep what they have finished. */
  close(): Promise<void>;
}

/** Services of this process. */
export interface EmbeddedServices extends Services {
  /** Where they listen. */
  readonly addresses: Config['addresses'];
  /** What they share. */
  readonly platform: Platform;
}

/** Connects to services that run elsewhere. */
export function connectServices(
  config: Pick<Config, 'addresses'> & ConnectionConfig,
  closeToo: () => Promise<void> = () => Promise.resolve(),
): Services {
  const { addresses } = config;
  const options = connection(config);
  const services = {
    activation: connectActivation(addresses.activation, options),
    activationOperations: connectOperations(addresses.activation, options),
    study: connectStudy(addresses.study, options),
    studyOperations: connectOperations(addresses.study, options),
  };
  const close = async (): Promise<void> => {
    for (const client of Object.values(services)) client.close();
    await closeToo();
  };
  return { ...services, close };
}

/** Runs all six services in this process, on a socket that only this user can reach, and connects to them. */
export async function embedServices(config: Config, logger: Logger = createLogger({ name: 'fathom', level: 'silent' })): Promise<EmbeddedServices> {
  const folder = temporaryFolder();
  const address = `unix:${join(folder.path, 'socket')}`;
  const addresses = Object.fromEntries(SERVICES.map((name) => [name, address])) as Record<ServiceName, string>;
  // Only this user can open the socket, so it needs no other guard.
  const { tls: _tls, tokens: _tokens, clientTls: _clientTls, clientTokenFile: _clientTokenFile, ...open } = config;
  try {
    const served = await serve(Object.values(FACTORIES), { name: 'fathom', address, config: { ...open, insecure: true, addresses }, logger });
    const services = connectServices({ addresses, limits: config.limits }, async () => {
      await served.close();
      folder.remove();
    });
    return { ...services, addresses, platform: served.platform };
  } catch (error) {
    folder.remove();
    throw error;
  }
}

function connectActivation(address: string, options: ConnectOptions) {
  return connect(ActivationClient, address, options);
}

function connectOperations(address: string, options: ConnectOptions) {
  return connect(OperationsClient, address, options);
}

function connectStudy(address: string, options: ConnectOptions) {
  return connect(StudyClient, address, options);
}

import { join } from 'node:path';
import { ActivationClient, OperationsClient, StudyClient } from '@fathom/contracts';
import { serve, SERVICES, type Config, type Platform, type ServiceFactory, type ServiceName } from '@fathom/platform';
import { activationService } from '@fathom/service-activation';
import { complexityService } from '@fathom/service-complexity';
import { dictionaryService } from '@fathom/service-dictionary';
import { importanceService } from '@fathom/service-importance';
import { robustnessService } from '@fathom/service-robustness';
import { studyService } from '@fathom/service-study';
import { connect, createLogger, type Logger } from '@fathom/service-kit';
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
export function connectServices(addresses: Config['addresses'], closeToo: () => Promise<void> = () => Promise.resolve()): Services {
  const services = {
    activation: connectActivation(addresses.activation),
    activationOperations: connectOperations(addresses.activation),
    study: connectStudy(addresses.study),
    studyOperations: connectOperations(addresses.study),
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
  try {
    const served = await serve(Object.values(FACTORIES), { name: 'fathom', address, config: { ...config, addresses }, logger });
    const services = connectServices(addresses, async () => {
      await served.close();
      folder.remove();
    });
    return { ...services, addresses, platform: served.platform };
  } catch (error) {
    folder.remove();
    throw error;
  }
}

function connectActivation(address: string) {
  return connect(ActivationClient, address);
}

function connectOperations(address: string) {
  return connect(OperationsClient, address);
}

function connectStudy(address: string) {
  return connect(StudyClient, address);
}

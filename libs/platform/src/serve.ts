import { capabilities } from '@fathom/engines';
import { FathomError, type Reason } from '@fathom/errors';
import {
  createLogger,
  LOCAL_CALLER,
  openTracing,
  runUntilSignalled,
  startServer,
  type BoundService,
  type Logger,
  type RunningServer,
} from '@fathom/service-kit';
import { artifactsService } from './artifacts-service.js';
import { capabilitiesService } from './capabilities-service.js';
import { loadConfig, type Config, type ServiceName } from './config.js';
import { mostByField } from './count-limits.js';
import { OperationWatch } from './operation-watch.js';
import { operationsService } from './operations-service.js';
import type { Platform } from './platform.js';
import { probeStore } from './store-probe.js';
import { logStoreTrouble } from './store-trouble-log.js';
import { tenantServices } from './tenant-services.js';
import { Tenants, type OpenTenant } from './tenants.js';
import { openTelemetry, type Telemetry } from './telemetry.js';

/** Makes one of the six services on a tenant's platform, with what stands beside it alone. Made again for every tenant. */
export type ServiceFactory = (platform: Platform) => BoundService | readonly BoundService[];

/** Services that listen. */
export interface Served {
  /** The address that is bound. */
  readonly address: string;
  /** The platform of callers without tokens. */
  readonly platform: Platform;
  /** Stops the operations that run (their finished parts are kept), then the server. */
  close(): Promise<void>;
}

/** Serves some of the six services on one address, with the operations, artifacts and capabilities services beside them. */
export async function serve(
  factories: readonly ServiceFactory[],
  options: { name: string; address: string; config: Config; logger: Logger; telemetry?: Telemetry },
): Promise<Served> {
  const engine = await capabilities(options.config.engine);
  const areas = new Set<string>();
  const { metrics, health } = options.telemetry ?? {};
  const tracing = openTracing(options.name, options.logger, options.config.traces);
  const watch = new OperationWatch(tracing.tracer, metrics?.work);
  const leaveStore = logStoreTrouble(options.logger);
  const tenants = new Tenants({
    config: options.config,
    logger: options.logger,
    watch,
    owns: (job) => areas.has(areaOfJob(job)),
    servicesOf: (platform) => [
      ...factories.flatMap((factory) => factory(platform)),
      ...[operationsService(platform), artifactsService(platform), capabilitiesService(platform, engine)],
    ],
  });
  let server: RunningServer;
  let offered: OpenTenant;
  try {
    offered = tenants.of(LOCAL_CALLER.tenant);
    for (const { name } of offered.services) areas.add(areaOfService(name));
    const services = tenantServices(offered.services, tenants);
    const { tls, tokens, insecure, limits: most } = options.config;
    const limits = {
      graceMs: 1_000,
      maxMessageBytes: most.messageBytes,
      maxCallsPerConnection: most.callsPerConnection,
      maxTextLength: most.textLength,
      maxListLength: most.listLength,
      maxByField: mostByField(most),
    };
    const { name, address, logger } = options;
    server = await startServer({ name, address, services, logger, limits, tls, tokens, insecure, tracer: tracing.tracer, metrics: metrics?.calls });
  } catch (error) {
    await tenants.close();
    leaveStore();
    watch.close();
    await tracing.close();
    throw error;
  }
  options.logger.info({ engine }, 'integers are multiplied exactly');
  const leaving = new AbortController();
  if (health) void probeStore(tenants.objects, leaving.signal, (answers) => health.set(options.name, answers));
  const close = async (): Promise<void> => {
    leaving.abort();
    health?.set(options.name, false);
    try {
      await tenants.close();
    } finally {
      await server.close();
      leaveStore();
      watch.close();
      await tracing.close();
    }
  };
  return { address: server.address, platform: offered.platform, close };
}

/** "dictionary" of the job "dictionary.fit". */
function areaOfJob(job: string): string {
  return job.slice(0, job.indexOf('.'));
}

/** "dictionary" of the service "fathom.dictionary.v1.DictionaryService". */
function areaOfService(name: string): string {
  return name.split('.')[1] ?? '';
}

/** Exit codes of a service's process, the same as the command line's; anything else is 1. */
const EXIT_CODES: Partial<Record<Reason, number>> = { INVALID_INPUT: 2, ADDRESS_IN_USE: 6 };

/**
 * The body of a service's process: serves until SIGINT or SIGTERM. What stops it, such as a wrong setting, is one line on standard
 * error and an exit code. Never rejects.
 */
export async function serveUntilSignalled(name: ServiceName, factory: ServiceFactory): Promise<void> {
  try {
    const config = loadConfig();
    const logger = createLogger({ name, level: config.logLevel });
    const telemetry = await openTelemetry(config, logger);
    try {
      const served = await serve([factory], { name, address: config.addresses[name], config, logger, telemetry });
      await runUntilSignalled([served]);
    } finally {
      await telemetry.close();
    }
  } catch (error) {
    const { reason, message } = FathomError.from(error);
    process.stderr.write(`fathom ${name}: ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
    process.exitCode = EXIT_CODES[reason] ?? 1;
  }
}

import { CallMetrics, openHealthPort, openMetricsPort, type HealthPort, type Logger } from '@fathom/service-kit';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { TelemetrySettings } from './telemetry-settings.js';
import { WorkMetrics } from './work-metrics.js';

/** What a process tells of itself at ports of its own; one for all services in it. */
export interface Telemetry {
  /** @default nothing is counted */
  readonly metrics?: { readonly calls: CallMetrics; readonly work: WorkMetrics; readonly address: string };
  /** @default told at the services' own addresses only */
  readonly health?: HealthPort;
  close(): Promise<void>;
}

/** Opens the ports that are configured. Throws an InputError, or ADDRESS_IN_USE, for one that cannot be opened. */
export async function openTelemetry({ metricsAddress, healthAddress }: TelemetrySettings, logger: Logger): Promise<Telemetry> {
  const metrics = metricsAddress === undefined ? undefined : await openMetrics(metricsAddress);
  if (metrics) logger.info({ address: metrics.address }, 'metrics are told');
  try {
    const health = healthAddress === undefined ? undefined : await openHealthPort(healthAddress);
    if (health) logger.info({ address: health.address }, 'life and readiness are told');
    const close = async (): Promise<void> => {
      await Promise.all([metrics?.close(), health?.close()]);
    };
    return { ...(metrics && { metrics }), ...(health && { health }), close };
  } catch (error) {
    await metrics?.close();
    throw error;
  }
}

async function openMetrics(wanted: string) {
  const registry = new Registry();
  const port = await openMetricsPort(registry, wanted);
  collectDefaultMetrics({ register: registry });
  const work = new WorkMetrics(registry);
  const close = (): Promise<void> => {
    work.close();
    return port.close();
  };
  return { calls: new CallMetrics(registry), work, address: port.address, close };
}

import { getHeapStatistics } from 'node:v8';
import { FathomError, InputError } from '@fathom/errors';
import { countedStore, Places, WorkerPool, type RunnerOptions } from '@fathom/operations';
import { LOCAL_CALLER, type BoundService, type Logger } from '@fathom/service-kit';
import { openStore, tenantStore, type ObjectStore } from '@fathom/store';
import type { Config } from './config.js';
import type { OperationWatch } from './operation-watch.js';
import { openPlatform, type Platform, type PlatformParts } from './platform.js';

/** Tenants that a process remembers while they ask for nothing. */
const MOST_TENANTS = 64;

const RECENT_BYTES = 16 * 2 ** 20;

/** A tenant's platform with its services, and how many calls they answer. */
export interface OpenTenant {
  readonly platform: Platform;
  readonly services: readonly BoundService[];
  calls: number;
}

/** What a process is made of, for all tenants. */
export interface TenantsOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly watch: OperationWatch;
  /** Which jobs' operations are this process's own. @default all */
  readonly owns?: RunnerOptions['owns'];
  /** Makes the services of a tenant. */
  readonly servicesOf: (platform: Platform) => readonly BoundService[];
  /** How many tenants without work are kept. @default 64 */
  readonly most?: number;
}

/**
 * The platforms and services of all tenants of a process, each made when it is first asked for. With tokens, everything of a tenant lies
 * in its own part of the store, and what is kept in memory is kept for it alone; without, there is one tenant, which has the whole store.
 * Worker threads and places to run are shared. The tenant that was asked for longest ago is forgotten where there are too many, unless
 * calls or operations of it go on.
 */
export class Tenants {
  /** All objects of the store. */
  readonly objects: ObjectStore;
  /** In the order of use, the last used at the end. */
  private readonly open = new Map<string, OpenTenant>();
  /** Platforms that are being closed. */
  private readonly leaving = new Set<Promise<void>>();
  private readonly pool: WorkerPool;
  private readonly parts: PlatformParts;
  private readonly perTenant: boolean;
  private readonly unfollow: () => void;
  private isClosing = false;

  constructor(private readonly options: TenantsOptions) {
    const { config, logger, watch, owns } = options;
    const { store, threads, engine, limits } = config;
    this.perTenant = config.tokens !== undefined;
    if (this.perTenant && store.tenant !== undefined)
      throw new InputError({
        field: 'tenant',
        problem: 'cannot be chosen for services that take tokens',
        value: store.tenant,
        accepted: 'nothing: every caller has the tenant of its token',
      });
    this.objects = countedStore(openStore(store));
    this.pool = new WorkerPool(store, { threads, engine, limits, perTenant: this.perTenant });
    const places = new Places({
      maxRunning: config.maxRunningOperations,
      maxRunningPerTenant: config.maxRunningPerTenant,
      maxWaiting: config.maxWaitingOperations,
      memoryTaken,
    });
    const recentBytes = this.perTenant ? RECENT_BYTES / 16 : RECENT_BYTES;
    this.parts = { config, logger, watch, pool: this.pool, places, owns, recentBytes };
    this.unfollow = watch.follow(() => ({
      operations: [...this.open.values()].flatMap(({ platform }) => platform.operations.load),
      parts: this.pool.waiting,
    }));
  }

  /** What there is of a tenant. @throws FathomError UNAVAILABLE once the process closes */
  of(tenant: string): OpenTenant {
    const name = this.perTenant ? tenant : LOCAL_CALLER.tenant;
    const found = this.open.get(name) ?? this.opened(name);
    this.open.delete(name);
    this.open.set(name, found);
    this.forgetIdle(found);
    return found;
  }

  /** Stops what runs, keeps its finished parts, and ends the worker threads. */
  async close(): Promise<void> {
    this.isClosing = true;
    const closing = [...this.open.values()].map(({ platform }) => platform.close());
    try {
      const ends = await Promise.allSettled([...closing, ...this.leaving]);
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed) throw failed.reason;
    } finally {
      this.unfollow();
      await this.pool.close();
    }
  }

  private opened(name: string): OpenTenant {
    if (this.isClosing) throw new FathomError('UNAVAILABLE', 'the service is shutting down');
    const platform = openPlatform(name, this.perTenant ? tenantStore(this.objects, name) : this.objects, this.parts);
    try {
      return { platform, services: this.options.servicesOf(platform), calls: 0 };
    } catch (error) {
      this.letGo(platform);
      throw error;
    }
  }

  private forgetIdle(asked: OpenTenant): void {
    const { most = MOST_TENANTS } = this.options;
    for (const [name, tenant] of this.open) {
      if (this.open.size <= most) return;
      if (tenant === asked || tenant.calls > 0 || !tenant.platform.operations.isIdle) continue;
      this.open.delete(name);
      this.letGo(tenant.platform);
    }
  }

  private letGo(platform: Platform): void {
    const gone: Promise<void> = platform
      .close()
      .catch((error: unknown) => this.options.logger.error({ tenant: platform.tenant, error }, 'what was kept of a tenant cannot be let go of'))
      .finally(() => this.leaving.delete(gone));
    this.leaving.add(gone);
  }
}

/** The share of JavaScript's memory that is used. */
function memoryTaken(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / limit;
}

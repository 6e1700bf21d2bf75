import { releaseKept, type JobContext } from '@fathom/analyses';

/** Tenants whose networks stay open in a thread. */
const MOST_TENANTS = 3;

/** What the jobs of one thread share, for each tenant by itself: nothing that was read or made for one is there for another. */
export class TenantContexts {
  /** In the order of use, the last used at the end. */
  private readonly contexts = new Map<string, JobContext>();

  constructor(private readonly make: (tenant: string) => JobContext) {}

  /** That of a tenant. What the parts of another have left behind for the next, which may be gigabytes, is let go of. */
  async of(tenant: string): Promise<JobContext> {
    const context = this.contexts.get(tenant) ?? this.make(tenant);
    for (const other of this.contexts.values()) if (other !== context) releaseKept(other);
    this.contexts.delete(tenant);
    this.contexts.set(tenant, context);
    if (this.contexts.size > MOST_TENANTS) {
      const [oldest, { networks }] = [...this.contexts][0]!;
      this.contexts.delete(oldest);
      await networks.close();
    }
    return context;
  }

  /** Lets go of what parts have left behind for the next. */
  release(): void {
    for (const context of this.contexts.values()) releaseKept(context);
  }
}

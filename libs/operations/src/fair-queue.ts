/** What waits, in a line for each tenant. Tenants that have something waiting are served in turn, and the things of a tenant in their order. */
export class FairQueue<T> {
  /** In the order of turns. No line is empty. */
  private readonly lines = new Map<string, T[]>();
  private count = 0;

  /** How many things wait. */
  get size(): number {
    return this.count;
  }

  /** How many things of a tenant wait. */
  sizeOf(tenant: string): number {
    return this.lines.get(tenant)?.length ?? 0;
  }

  /** Puts a thing at the end of its tenant's line. */
  add(tenant: string, thing: T): void {
    const line = this.lines.get(tenant);
    if (line) line.push(thing);
    else this.lines.set(tenant, [thing]);
    this.count += 1;
  }

  /** Takes the next thing of the first tenant that may have its turn, who then is the last. */
  take(mayTake: (tenant: string) => boolean = () => true): T | undefined {
    for (const [tenant, line] of this.lines) {
      if (!mayTake(tenant)) continue;
      const thing = line.shift();
      this.count -= 1;
      this.lines.delete(tenant);
      if (line.length > 0) this.lines.set(tenant, line);
      return thing;
    }
    return undefined;
  }

  /** Takes one thing out; false where it does not wait. */
  remove(tenant: string, thing: T): boolean {
    const line = this.lines.get(tenant) ?? [];
    const place = line.indexOf(thing);
    if (place < 0) return false;
    line.splice(place, 1);
    this.count -= 1;
    if (line.length === 0) this.lines.delete(tenant);
    return true;
  }
}

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import { WORK_CHANNEL, type Execution, type OperationRecord, type Startable, type WorkEnded } from '@fathom/operations';
import { inTraceScope, traceScope, type TraceScope } from '@fathom/service-kit';
import { ROOT_CONTEXT, SpanStatusCode, trace, type Context, type Tracer } from '@opentelemetry/api';
import type { Load, WorkMetrics } from './work-metrics.js';

/** Counts and traces the operations of a platform: a span for each, below the call that started it, and below that one for each piece of its work. */
export class OperationWatch {
  /** Of the operations whose work has begun, and whose end has not been told, by tenant and digest. */
  private readonly scopes = new Map<string, TraceScope>();

  constructor(
    private readonly tracer: Tracer,
    private readonly metrics?: WorkMetrics,
  ) {
    subscribe(WORK_CHANNEL, this.onWork);
  }

  /** Starts an operation for the call that runs. */
  async start(startable: Startable, start: (watched: Startable) => Promise<OperationRecord>): Promise<OperationRecord> {
    const caller = traceScope();
    if (caller) caller.operation = startable.digest;
    const record = await start(this.watched(startable, caller));
    if (record.state === 'SUCCEEDED') this.metrics?.hit(record.job);
    return record;
  }

  /** The operation, watched while it runs. */
  watched(startable: Startable, caller?: TraceScope): Startable {
    return { ...startable, run: (execution) => this.run(startable, execution, caller) };
  }

  /** Tells of the end of an operation here, in its scope; `state` where it goes on elsewhere. */
  ended({ digest, tenant, job, ...record }: OperationRecord, tell: () => void, state: string = record.state): void {
    const scope = this.scopes.get(keyOf(tenant, digest));
    this.scopes.delete(keyOf(tenant, digest));
    this.metrics?.operationEnded(job, state);
    inTraceScope(scope, tell);
    scope?.span.setAttribute('fathom.state', state);
    if (state === 'FAILED') scope?.span.setStatus({ code: SpanStatusCode.ERROR });
    scope?.span.end();
  }

  /** Tells metrics what the platform has to do; until what is returned is called. */
  follow(load: () => Load): () => void {
    return this.metrics?.follow(load) ?? ((): void => undefined);
  }

  /** Watches nothing more. */
  close(): void {
    unsubscribe(WORK_CHANNEL, this.onWork);
  }

  private run(startable: Startable, execution: Execution, caller: TraceScope | undefined): Promise<string> {
    const { digest, tenant, job } = startable;
    const span = this.tracer.startSpan(`operation ${job}`, { attributes: { 'fathom.operation': digest, 'fathom.job': job } }, below(caller));
    const scope = { tracer: this.tracer, span, operation: digest };
    this.scopes.set(keyOf(tenant, digest), scope);
    let known = 0;
    const report: Execution['report'] = (progress) => {
      const { partsReused = 0 } = progress;
      if (partsReused > known) this.metrics?.reused(job, partsReused - known);
      known = Math.max(known, partsReused);
      execution.report(progress);
    };
    return inTraceScope(scope, () => startable.run({ ...execution, report }));
  }

  private readonly onWork = (message: unknown): void => {
    const { job, action, operation, tenant, part, seconds, failure } = message as WorkEnded;
    const scope = this.scopes.get(keyOf(tenant, operation));
    if (!scope) return;
    const now = performance.timeOrigin + performance.now();
    const attributes = { 'fathom.job': job, ...(part === undefined ? {} : { 'fathom.part': part }) };
    const span = this.tracer.startSpan(`${action} ${job}`, { startTime: now - 1000 * seconds, attributes }, below(scope));
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    span.end(now);
  };
}

function keyOf(tenant: string, digest: string): string {
  return `${tenant}/${digest}`;
}

function below(scope: TraceScope | undefined): Context {
  return scope ? trace.setSpan(ROOT_CONTEXT, scope.span) : ROOT_CONTEXT;
}

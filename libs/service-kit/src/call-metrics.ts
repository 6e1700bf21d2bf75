import { status } from '@grpc/grpc-js';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { BoundService } from './service-types.js';

const UNKNOWN = 'unknown';

/** Services of every server that are not Fathom's own. */
const COMMON = ['/grpc.health.v1.Health/Check', '/grpc.health.v1.Health/Watch', '/grpc.health.v1.Health/List'].concat(
  ['v1', 'v1alpha'].map((version) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`),
);

/** Names of the method of a call. */
interface Names {
  readonly service: string;
  readonly method: string;
}

/** Counts the calls of all servers of a process. Their labels come from contracts: whatever a caller names beside them is "unknown". */
export class CallMetrics {
  private readonly known = new Map<string, Names>(COMMON.map((path) => [path, namesOf(path)]));
  private readonly ended: Counter;
  private readonly seconds: Histogram;
  private readonly open: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    const labelNames = ['service', 'method'];
    this.ended = new Counter({ name: 'fathom_requests_total', help: 'Calls that have ended.', labelNames: [...labelNames, 'code'], registers });
    this.seconds = new Histogram({
      name: 'fathom_request_seconds',
      help: 'Seconds from the first header of a call to its status.',
      labelNames,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
      registers,
    });
    this.open = new Gauge({ name: 'fathom_open_calls', help: 'Calls that are being answered.', labelNames: ['service'], registers });
  }

  /** Makes the methods of services known. */
  add(services: readonly BoundService[]): void {
    for (const { definition } of services) for (const { path } of Object.values(definition)) this.known.set(path, namesOf(path));
  }

  /** Counts a call that begins; what is returned is to be called once it has ended. */
  begin(path: string): (code: status, seconds: number) => void {
    const { service, method } = this.known.get(path) ?? { service: UNKNOWN, method: UNKNOWN };
    this.open.inc({ service });
    return (code, seconds) => {
      this.open.dec({ service });
      this.ended.inc({ service, method, code: status[code] ?? UNKNOWN });
      this.seconds.observe({ service, method }, seconds);
    };
  }
}

function namesOf(path: string): Names {
  const slash = path.lastIndexOf('/');
  return { service: path.slice(1, slash), method: path.slice(slash + 1) };
}

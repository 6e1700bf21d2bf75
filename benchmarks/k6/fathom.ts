/** What the scenarios share: the plan that benchmarks/load.mjs has written, clients of all replicas, and questions with their answers. */
import { Counter } from 'k6/metrics';
import { Client, StatusOK, StatusResourceExhausted, StatusUnavailable, Stream, type GrpcError, type Response } from 'k6/net/grpc';
import { sleep } from 'k6';

export type Service = 'activation' | 'dictionary' | 'complexity' | 'importance' | 'study';
type Json = Record<string, unknown>;

interface Step {
  readonly name: string;
  /** Service and method, such as "dictionary/StartFit". */
  readonly call: string;
  /** The same request, written in several ways; "of fit" stands for the digest of an earlier step. */
  readonly spellings: readonly Json[];
}

/** What the scenario is about. */
export interface Plan {
  /** Address by service, for each replica. */
  readonly replicas: readonly Record<Service, string>[];
  readonly questions: readonly { readonly steps: readonly Step[] }[];
  /** The first answers to the questions: operation and content digest by step. */
  readonly expected: readonly Record<string, { readonly name: string; readonly digest: string }>[];
  readonly studies: readonly Json[];
  readonly clients: number;
  readonly seconds: number;
  readonly rate: number;
  /** Seconds before `seconds` that do not count in the figures. */
  readonly warm: number;
  /** Whether times are held against limits. */
  readonly timed: boolean;
  /** Folders of the contracts. */
  readonly proto: readonly string[];
  /** Where the summary goes. */
  readonly summary: string;
}

export const plan = JSON.parse(open(__ENV['FATHOM_LOAD_PLAN']!)) as Plan;

for (const replica of plan.replicas)
  for (const address of Object.values(replica))
    if (!/^127\.0\.0\.1:\d+$/.test(address)) throw new Error(`${address} is not on this machine's loopback`);

export interface Operation {
  readonly name: string;
  readonly state: string;
  readonly result?: { readonly contentDigest: string };
  readonly error?: { readonly message: string };
}

/** Calls that failed for good. */
export const failures = new Counter('failures');
/** Calls that were tried again, at the next replica: the first was away, or had no place. */
export const retries = new Counter('retries');
/** Answers with another digest than the first. */
export const mismatches = new Counter('mismatches');
/** Operations that were begun and did not come to their end. */
export const lost = new Counter('lost');
/** Questions that were answered, with the right digest. */
export const answered = new Counter('answered');

const BEYOND_SERVICE: Record<string, string> = { OperationsService: 'operations', ArtifactService: 'artifact' };

/** Thresholds of every scenario, and those on times where times are held against limits. */
export function thresholds(times: Record<string, string[]>): Record<string, string[]> {
  const always = { failures: ['count==0'], mismatches: ['count==0'], lost: ['count==0'], answered: ['count>0'] };
  // A threshold makes k6 tell the figures of a tag, so that a summary has them also where nothing is held against them.
  const told = Object.fromEntries(Object.entries(times).map(([metric, limits]) => [metric, plan.timed ? limits : ['p(99)>=0']]));
  return { ...always, ...told };
}

/** Options that all scenarios have. */
export const COMMON = {
  summaryTrendStats: ['count', 'avg', 'med', 'p(95)', 'p(99)', 'max'],
  systemTags: ['status', 'service', 'method', 'scenario'],
  setupTimeout: '60s',
  // Nothing but the services of this machine is called.
  dns: { policy: 'onlyIPv4' },
} as const;

/** A connection of this client to one service of one replica, opened with the first call. */
class Line {
  private readonly client = new Client();
  private isOpen = false;

  constructor(
    private readonly address: string,
    service: Service,
  ) {
    const areas = [service, 'operations', 'artifact'].map((area) => `fathom/${area}/v1/${area}.proto`);
    this.client.load([...plan.proto], ...areas, 'google/rpc/error_details.proto');
  }

  /** Undefined where nobody answers. */
  opened(): Client | undefined {
    try {
      if (!this.isOpen) this.client.connect(this.address, { plaintext: true, timeout: '3s' });
      this.isOpen = true;
      return this.client;
    } catch {
      return undefined;
    }
  }
}

/** Round robin over the replicas of services: each call begins at the next one, and goes on to others while one is away. */
export class Replicas {
  private readonly lines: Record<string, readonly Line[]>;
  private next = __VU;

  constructor(services: readonly Service[]) {
    this.lines = Object.fromEntries(services.map((service) => [service, plan.replicas.map((addresses) => new Line(addresses[service], service))]));
  }

  /** The answer to a call; undefined, and counted, where it failed. `kind` names it in the figures. */
  call<T>(service: Service, method: string, request: Json, kind: string): T | undefined {
    const [area = '', name = ''] = method.includes('/') ? method.split('/') : [serviceName(service), method];
    const path = `fathom.${BEYOND_SERVICE[area] ?? service}.v1.${area}/${name}`;
    let response: Response | undefined;
    for (let attempt = 0; attempt < 60; attempt += 1) {
      response = this.line(service).opened()?.invoke(path, request, { timeout: '60s', tags: { kind } });
      if (response?.status === StatusOK) return response.message as T;
      if (response && response.status !== StatusUnavailable && response.status !== StatusResourceExhausted) break;
      retries.add(1, { kind });
      sleep(Math.min(2, 0.05 * 1.3 ** attempt));
    }
    console.error(`${path}: ${response ? `${response.status} ${(response.error as GrpcError).message}` : 'nobody answers'}`);
    failures.add(1, { kind });
    return undefined;
  }

  /** Starts a step's operation and follows it to its end, by waiting or by a watch. Undefined, and counted, where it has none. */
  async run(call: string, request: Json, { kind = 'start', watches = false } = {}): Promise<Operation | undefined> {
    const [service, method] = call.split('/') as [Service, string];
    for (let attempt = 0; attempt < 20; attempt += 1) {
      let operation = this.call<{ operation: Operation }>(service, method, request, kind)?.operation;
      for (let turn = 0; operation && isRunning(operation) && turn < 60; turn += 1)
        operation = watches
          ? ((await this.watch(service, operation.name)) ?? operation)
          : this.call<{ operation: Operation }>(service, 'OperationsService/WaitOperation', { name: operation.name, timeoutMs: 5_000 }, 'wait')
              ?.operation;
      if (!operation) break;
      if (operation.state === 'OPERATION_STATE_SUCCEEDED') return operation;
      if (operation.state !== 'OPERATION_STATE_INTERRUPTED') {
        console.error(`${operation.name}: ${operation.state} ${operation.error?.message ?? ''}`);
        break;
      }
    }
    lost.add(1);
    return undefined;
  }

  /** The last that a watch of an operation tells; undefined where the connection broke before it told anything. */
  private watch(service: Service, name: string): Promise<Operation | undefined> {
    const client = this.line(service).opened();
    if (!client) return Promise.resolve(undefined);
    return new Promise((settle) => {
      let last: Operation | undefined;
      const stream = new Stream(client, 'fathom.operations.v1.OperationsService/WatchOperation', { timeout: '60s', tags: { kind: 'watch' } });
      stream.on('data', (message) => (last = (message as { operation: Operation }).operation));
      stream.on('error', () => settle(last));
      stream.on('end', () => settle(last));
      stream.write({ name, afterSequence: 0 });
      stream.end();
    });
  }

  private line(service: Service): Line {
    const lines = this.lines[service]!;
    this.next += 1;
    return lines[this.next % lines.length]!;
  }
}

function isRunning({ state }: Operation): boolean {
  return state === 'OPERATION_STATE_RUNNING';
}

function serviceName(service: Service): string {
  return `${service[0]!.toUpperCase()}${service.slice(1)}Service`;
}

/** Asks a question in one of its spellings, step after step, each at the next replica, and holds every digest against the first answer. */
export async function ask(replicas: Replicas, question: number, spelling: number, options?: { watches?: boolean }): Promise<boolean> {
  const digests: Record<string, string> = {};
  for (const { name, call, spellings } of plan.questions[question]!.steps) {
    const operation = await replicas.run(call, filled(spellings[spelling % spellings.length]!, digests), options);
    if (!operation?.result) return false;
    digests[name] = operation.result.contentDigest;
    const first = plan.expected[question]![name]!;
    if (first.digest === digests[name] && first.name === operation.name) continue;
    mismatches.add(1);
    console.error(`question ${question}, ${name}: ${operation.name} ${digests[name]}, and first ${first.name} ${first.digest}`);
  }
  answered.add(1);
  return true;
}

function filled(request: Json, digests: Record<string, string>): Json {
  return JSON.parse(JSON.stringify(request), (key: string, value: unknown) =>
    key === 'contentDigest' && typeof value === 'string' && value.startsWith('of ') ? digests[value.slice(3)] : value,
  ) as Json;
}

/** The numbers below `count` in an order of the seed's own. */
export function permuted(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  let state = seed * 2_654_435_761 + 1;
  for (let last = count - 1; last > 0; last -= 1) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    const other = state % (last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** What k6 has found, for benchmarks/load.mjs. */
export function handleSummary(data: unknown): Record<string, string> {
  return { [plan.summary]: JSON.stringify(data) };
}

import { operations, OperationsClient } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import { SERVICES, type Config, type ServiceName } from '@fathom/platform';
import { connect, HealthClients, type ConnectOptions, type Serving } from '@fathom/service-kit';

const { OperationState } = operations;

/** How an operation is shown: one that waits for its turn has a state of its own. */
export type ShownState = 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted';

/** An operation as it is shown. */
export interface ShownOperation {
  readonly service: string;
  readonly name: string;
  readonly job: string;
  readonly state: ShownState;
  readonly stage: string;
  readonly partsDone: number;
  /** 0 while it is not known. */
  readonly partsTotal: number;
  /** 0 while it is not known. */
  readonly partsPerSecond: number;
  /** Negative while it is not known. */
  readonly secondsLeft: number;
}

/** A service, or several at one address, as it is shown. */
export interface ShownService {
  readonly service: string;
  readonly address: string;
  readonly health: Serving;
  /** Operations by state. */
  readonly counts: Readonly<Record<ShownState, number>>;
  /** Why its operations are not known. */
  readonly problem?: string;
}

/** What is to be seen of a cluster at a moment. */
export interface ClusterView {
  readonly services: readonly ShownService[];
  /** Those that run first, then those that wait, then those that have ended. */
  readonly operations: readonly ShownOperation[];
}

const STATES: Partial<Record<operations.OperationState, ShownState>> = {
  [OperationState.RUNNING]: 'running',
  [OperationState.SUCCEEDED]: 'succeeded',
  [OperationState.FAILED]: 'failed',
  [OperationState.CANCELLED]: 'cancelled',
};
const ORDER: readonly ShownState[] = ['running', 'waiting', 'failed', 'interrupted', 'cancelled', 'succeeded'];
const PAGE = 500;
const DEADLINE_MS = 10_000;

/** Looks at a cluster, again and again over the same connections. */
export class ClusterEye {
  private readonly places: readonly {
    readonly service: string;
    readonly address: string;
    readonly operations: ReturnType<typeof connectOperations>;
  }[];
  private readonly health: HealthClients;

  constructor(addresses: Config['addresses'], options: ConnectOptions = {}) {
    const byAddress = new Map<string, ServiceName[]>();
    for (const name of SERVICES) byAddress.set(addresses[name], [...(byAddress.get(addresses[name]) ?? []), name]);
    const quick = { ...options, deadlineMs: DEADLINE_MS };
    this.health = new HealthClients(quick);
    this.places = [...byAddress].map(([address, names]) => ({
      service: names.length === SERVICES.length ? 'all six' : names.join(', '),
      address,
      operations: connectOperations(address, quick),
    }));
  }

  /** The cluster as it is now. Never rejects: what cannot be reached is shown so. */
  async look(): Promise<ClusterView> {
    const seen = await Promise.all(this.places.map((place) => this.lookAt(place)));
    const all = new Map(seen.flatMap(({ operations: found }) => found.map((operation) => [operation.name, operation])));
    return {
      services: seen.map(({ service }) => service),
      operations: [...all.values()].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.job < b.job ? -1 : 1)),
    };
  }

  close(): void {
    this.health.close();
    for (const { operations: client } of this.places) client.close();
  }

  private async lookAt({ service, address, operations: client }: ClusterEye['places'][number]) {
    const [health, listed] = await Promise.all([this.health.check(address), listAll(client).catch((error: unknown) => FathomError.from(error))]);
    const found = listed instanceof FathomError ? [] : listed.map((operation) => shown(service, operation));
    const counts = { running: 0, waiting: 0, succeeded: 0, failed: 0, cancelled: 0, interrupted: 0 };
    for (const { state } of found) counts[state] += 1;
    const problem = listed instanceof FathomError ? { problem: listed.message } : {};
    return { service: { service, address, health, counts, ...problem }, operations: found };
  }
}

function connectOperations(address: string, options: ConnectOptions) {
  return connect(OperationsClient, address, options);
}

async function listAll(client: ReturnType<typeof connectOperations>): Promise<operations.Operation[]> {
  const all: operations.Operation[] = [];
  let pageToken = '';
  do {
    const page = await client.listOperations({ pageSize: PAGE, pageToken });
    all.push(...page.operations);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return all;
}

function shown(service: string, { name, job, state, progress }: operations.Operation): ShownOperation {
  const { stage = '', partsDone = 0, partsTotal = 0, partsPerSecond = 0, secondsLeft = -1 } = progress ?? {};
  const runs = state === OperationState.RUNNING;
  return {
    service,
    name,
    job,
    state: runs && stage === 'queued' ? 'waiting' : (STATES[state] ?? 'interrupted'),
    stage: runs ? stage : '',
    partsDone,
    partsTotal,
    partsPerSecond: runs ? partsPerSecond : 0,
    secondsLeft: runs ? secondsLeft : -1,
  };
}

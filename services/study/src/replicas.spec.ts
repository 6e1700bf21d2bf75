import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations } from '@fathom/contracts';
import { startReplica, type Replica } from './replicas.fixture.js';
import { StandIns } from './stand-in-artifacts.fixture.js';

jest.setTimeout(180_000);

const { OperationState } = operations;
const LEASE_MS = 4_000;
const CLASSES = 160;
const PARTS = CLASSES / 16;

let folder: string;
let store: string;
let running: Replica[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-replicas-'));
  store = join(folder, 'store');
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((replica) => replica.close()));
  rmSync(folder, { recursive: true });
});

/** Two processes of one service on one store, and a request of ten parts. */
async function two() {
  const made = new StandIns(store);
  const activations = await made.activations(8000, 64, (row, channel) => ((row * 31 + channel * 17 + row * channel) % 101) / 101, {
    labels: Array.from({ length: 8000 }, (_, i) => i % CLASSES),
    classes: CLASSES,
  });
  const request = { activations, tensor: '', model: undefined, method: { $case: 'classNmf', value: { atomsPerClass: 20 } }, seed: 0 } as const;
  running = await Promise.all(['one', 'two'].map((name) => startReplica(folder, name, { store, leaseMs: LEASE_MS })));
  const [one, other] = running as [Replica, Replica];
  return { one, other, request };
}

/** The operation as a replica tells it, once `until` holds of it or it has ended. */
async function watched(
  replica: Replica,
  name: string,
  until: (operation: operations.Operation) => boolean = () => false,
): Promise<operations.Operation> {
  let last: operations.Operation | undefined;
  for await (const { operation } of replica.operations.watchOperation({ name, afterSequence: 0 })) {
    expect(operation!.sequence).toBeGreaterThan(last?.sequence ?? 0);
    last = operation;
    if (until(last!)) break;
  }
  return last!;
}

const midway = ({ progress }: operations.Operation): boolean => progress!.partsDone >= 3 && progress!.partsDone < PARTS;
const lines = (replica: Replica, text: string): number => replica.log().filter(({ msg }) => String(msg).includes(text)).length;

/** Every finished part in the store, with the time of its last change. */
function parts(): Map<string, number> {
  const files = readdirSync(join(store, 'parts'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map((file) => [file.name, statSync(join(file.parentPath, file.name)).mtimeMs]));
}

let undisturbed: string;

describe('two processes of one service', () => {
  it('that are asked the same at once do it once, and both tell of it to the end', async () => {
    const { one, other, request } = await two();
    const started = await Promise.all([one, other].map(({ dictionary }) => dictionary.startFit(request)));
    const { name } = started[0]!.operation!;
    expect(started[1]!.operation!.name).toBe(name);
    const [a, b] = await Promise.all([watched(one, name), watched(other, name)]);
    expect(a).toMatchObject({ state: OperationState.SUCCEEDED, progress: { partsDone: PARTS, partsTotal: PARTS } });
    expect(b).toEqual(a);
    expect(lines(one, 'operation ended') + lines(other, 'operation ended')).toBe(1);
    undisturbed = a.result!.contentDigest;
    expect((await other.dictionary.startFit(request)).operation).toEqual(a);
  });

  it('take over from each other: one is killed in the middle, the other takes the finished parts as they are and ends with the same digest', async () => {
    const { one, other, request } = await two();
    const { name } = (await one.dictionary.startFit(request)).operation!;
    const last = watched(other, name);
    const shown = await watched(one, name, midway);
    one.signal('SIGKILL');
    const finished = parts();
    const done = await last;
    expect(done).toMatchObject({ state: OperationState.SUCCEEDED, result: { contentDigest: undisturbed } });
    expect(done.sequence).toBeGreaterThan(shown.sequence);
    expect(done.progress!.partsReused).toBeGreaterThanOrEqual(shown.progress!.partsDone);
    const after = parts();
    for (const [part, time] of finished) expect([part, after.get(part)]).toEqual([part, time]);
    expect(lines(other, `taken over from a process that was silent for ${LEASE_MS} ms`)).toBeGreaterThanOrEqual(1);
  });

  it('take over from each other: one that only stood still notices it, stops, and tells what the other has done', async () => {
    const { one, other, request } = await two();
    const { name } = (await one.dictionary.startFit(request)).operation!;
    await watched(one, name, midway);
    one.signal('SIGSTOP');
    const { sequence } = await watched(other, name, ({ progress }) => progress!.partsReused > 0);
    one.signal('SIGCONT');
    const [a, b] = await Promise.all([watched(one, name), watched(other, name)]);
    expect(a).toEqual(b);
    expect(a).toMatchObject({ state: OperationState.SUCCEEDED, result: { contentDigest: undisturbed } });
    expect(a.sequence).toBeGreaterThanOrEqual(sequence);
    expect(lines(one, 'operation ended') + lines(other, 'operation ended')).toBe(1);
    expect(lines(one, 'operation stopped here')).toBeGreaterThanOrEqual(1);
  });

  it('are cancelled through each other', async () => {
    const { one, other, request } = await two();
    const { name } = (await one.dictionary.startFit(request)).operation!;
    await watched(one, name, midway);
    await other.operations.cancelOperation({ name });
    expect(await watched(other, name)).toMatchObject({ state: OperationState.CANCELLED });
    const { operations: listed } = await other.operations.listOperations({ pageSize: 0, pageToken: '' });
    expect(listed.map((each) => [each.name, each.state])).toEqual([[name, OperationState.CANCELLED]]);
  });
});

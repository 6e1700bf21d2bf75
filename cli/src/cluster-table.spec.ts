import fc from 'fast-check';
import { clusterTable } from './cluster-table.js';
import type { ClusterView, ShownOperation, ShownService } from './cluster-view.js';

const operation = (given: Partial<ShownOperation> = {}): ShownOperation => ({
  service: 'activation',
  name: `operations/${'0123456789abcdef'.repeat(4)}`,
  job: 'activation.extract',
  state: 'running',
  stage: 'computing',
  partsDone: 3,
  partsTotal: 12,
  partsPerSecond: 1.5,
  secondsLeft: 200,
  ...given,
});
const service = (given: Partial<ShownService> = {}): ShownService => ({
  service: 'activation',
  address: '127.0.0.1:7301',
  health: 'serving',
  counts: { running: 1, waiting: 2, succeeded: 40, failed: 0, cancelled: 0, interrupted: 0 },
  ...given,
});
const view = (...operations: ShownOperation[]): ClusterView => ({ services: [service()], operations });

describe('the table of a cluster', () => {
  it('shows each service with its health and queue, and each operation with its progress, rate and time left', () => {
    expect(clusterTable(view(operation()))).toEqual([
      'activation  serving      1 running, 2 waiting, 40 succeeded, 0 failed  127.0.0.1:7301',
      '',
      'JOB                        OPERATION STATE       PROGRESS        %       PARTS     RATE     LEFT STAGE',
      'activation.extract         01234567  running     ███░░░░░░░░░   25        3/12   1.50/s   3m 20s computing',
    ]);
  });

  it('leaves out what is not known', () => {
    const [, , , line] = clusterTable(
      view(operation({ state: 'waiting', stage: 'queued', partsDone: 0, partsTotal: 0, partsPerSecond: 0, secondsLeft: -1 })),
    );
    expect(line).toBe('activation.extract         01234567  waiting     ░░░░░░░░░░░░                                    queued');
  });

  it('shows what has succeeded as done, though it was done in one piece', () => {
    const [, , , line] = clusterTable(
      view(operation({ state: 'succeeded', stage: '', partsDone: 0, partsTotal: 0, partsPerSecond: 0, secondsLeft: -1 })),
    );
    expect(line).toMatch(/succeeded +█{12} +100$/);
  });

  it('says why a service is not known, and of one that nobody answers for only where it should be', () => {
    const services = [
      service({ problem: 'the caller lacks the scope read' }),
      service({ service: 'study', health: 'unreachable', problem: 'no connection' }),
    ];
    expect(clusterTable({ services, operations: [] })).toEqual([
      'activation  serving      the caller lacks the scope read  127.0.0.1:7301',
      'study       unreachable  127.0.0.1:7301',
      '',
      'no operation runs, waits or has failed',
    ]);
  });

  it.each([
    [112, 'JOB OPERATION STATE PROGRESS % PARTS RATE LEFT'],
    [92, 'JOB STATE PROGRESS % PARTS RATE LEFT'],
    [82, 'JOB STATE PROGRESS % PARTS LEFT'],
    [66, 'JOB STATE % PARTS LEFT'],
    [54, 'JOB STATE % LEFT'],
    [40, 'JOB % '],
  ])('in %i columns shows %s', (columns, titles) => {
    const head = clusterTable(view(operation()), columns)[2]!;
    expect(head.replace(/\s+/g, ' ')).toContain(titles.trim());
    expect(head.length).toBeLessThanOrEqual(columns);
  });

  it('never is wider or higher than the terminal, and says how much it leaves out', () => {
    const anything = fc.record({
      job: fc.string(),
      stage: fc.string({ unit: 'binary' }),
      partsDone: fc.nat(),
      secondsLeft: fc.double({ noNaN: true, min: -1, max: 1e7 }),
    });
    fc.assert(
      fc.property(
        fc.array(anything, { maxLength: 40 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 40 }),
        (given, columns, rows) => {
          const lines = clusterTable(view(...given.map(operation)), columns, rows);
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) {
            expect(line.length).toBeLessThanOrEqual(columns);
            expect(line).not.toMatch(/\p{Cc}/u);
          }
        },
      ),
    );
    const many = Array.from({ length: 30 }, () => operation());
    expect(clusterTable(view(...many), 100, 10).slice(-2)).toEqual([expect.stringContaining('activation.extract'), '… and 24 more']);
  });
});

import { operations } from '@fathom/contracts';
import { StepLog, type StepReport } from './step-log.js';

const done = (digest: string): operations.Operation => operations.Operation.create({ result: { contentDigest: digest } });

function open(write: (names: string[]) => Promise<void> = () => Promise.resolve()) {
  const reports: StepReport[] = [];
  const log = new StepLog(
    (steps) => write([...steps.keys()]),
    (report) => reports.push(report),
  );
  return { log, reports };
}

it('a step is written down before anything builds on it', async () => {
  const events: string[] = [];
  const { log, reports } = open(async (names) => {
    await Promise.resolve();
    events.push(`wrote ${names.join(' ')}`);
  });
  const { contentDigest } = await log.run('a', async () => done('sha256:1'));
  events.push(`got ${contentDigest}`);
  expect(events).toEqual(['wrote a', 'got sha256:1']);
  expect(reports).toEqual([
    { active: ['a'], done: 0 },
    { active: [], done: 1 },
  ]);
});

it('steps that end together are written one after the other, the later state last', async () => {
  let writing = 0;
  const written: string[][] = [];
  const { log } = open(async (names) => {
    writing += 1;
    expect(writing).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    written.push(names);
    writing -= 1;
  });
  await Promise.all(['c', 'a', 'b'].map((name) => log.run(name, async () => done(`sha256:${name}`))));
  expect(written.at(-1)!.sort()).toEqual(['a', 'b', 'c']);
  expect(Object.entries(log.results())).toEqual([
    ['a', 'sha256:a'],
    ['b', 'sha256:b'],
    ['c', 'sha256:c'],
  ]);
});

it('a step that fails leaves no trace, and the others are waited for', async () => {
  const { log, reports } = open();
  let end: (operation: operations.Operation) => void = () => undefined;
  const slow = log.run('slow', () => new Promise((resolve) => (end = resolve)));
  await expect(log.run('bad', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  let settled = false;
  const all = log.settled().then(() => (settled = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(settled).toBe(false);
  end(done('sha256:1'));
  await slow;
  await all;
  expect(log.results()).toEqual({ slow: 'sha256:1' });
  expect(reports.at(-1)).toEqual({ active: [], done: 1 });
});

it('a record that cannot be written fails its step, not the next one', async () => {
  let broken = true;
  const { log } = open(() => (broken ? Promise.reject(new Error('full')) : Promise.resolve()));
  await expect(log.run('a', async () => done('sha256:1'))).rejects.toThrow('full');
  broken = false;
  expect(await log.run('b', async () => done('sha256:2'))).toEqual({ contentDigest: 'sha256:2' });
});

it('a step without a result is a defect, and is told as one', async () => {
  await expect(open().log.run('a', async () => operations.Operation.create())).rejects.toMatchObject({ reason: 'INTERNAL' });
});

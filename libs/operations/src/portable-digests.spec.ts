import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import { capabilities, ENGINE_NAMES } from '@fathom/engines';
import { jobOperation, WorkerPool } from '@fathom/operations';
import { openStore } from '@fathom/store';
import type { Json } from '@fathom/tensors';
import type { JobMessage } from './job-message.js';
import { publishBeginning, ROWS, STEPS } from './portable-study.fixture.js';

/**
 * The content digests of everything that a small study is made of, from its activations on. Whoever changes the numbers of a job on
 * purpose writes them anew: FATHOM_WRITE_PORTABLE_DIGESTS=1 npx jest libs/operations/src/portable-digests
 */
const GOLDEN = join(__dirname, '../golden/portable-digests.json');
const WRITE = process.env['FATHOM_WRITE_PORTABLE_DIGESTS'] === '1';

jest.setTimeout(120_000);

const root = mkdtempSync(join(tmpdir(), 'fathom-portable-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Names of parts of `rows` rows each, for a job of rows that was planned otherwise. */
function partsOf(planned: readonly string[], rows: number): string[] {
  const all = Number(planned.at(-1)!.split('-').at(-1));
  const digits = (row: number): string => String(Math.min(row, all)).padStart(8, '0');
  return Array.from({ length: Math.ceil(all / rows) }, (_, part) => `rows-${digits(part * rows)}-${digits((part + 1) * rows)}`);
}

/** The threads of a pool, where the parts of codes are cut otherwise than their plan says. */
function encodingBy(rows: number, pool: WorkerPool): Pick<WorkerPool, 'run' | 'threads'> {
  const isCut = ({ job, action }: JobMessage): boolean => job === 'dictionary.encode' && action.type === 'plan';
  const run = async (message: JobMessage, signal?: AbortSignal): Promise<Json> => {
    const answer = await pool.run(message, signal);
    return isCut(message) ? partsOf(answer as string[], rows) : answer;
  };
  return { threads: pool.threads, run };
}

interface Run {
  readonly artifacts: ArtifactStore;
  /** Content digests by name: of what was there, and of the steps. */
  readonly digests: Record<string, string>;
  /** What provenance says of who multiplied, by step. */
  readonly arithmetic: Record<string, unknown>;
}

/** Runs the study in a store that is emptied first. */
async function runStudy(location: string, pool: WorkerPool, shards: number, rows: number): Promise<Run> {
  for (const name of readdirSync(location)) if (name !== '.tmp') rmSync(join(location, name), { recursive: true });
  const artifacts = new ArtifactStore(openStore({ location }));
  const digests: Record<string, string> = { ...(await publishBeginning(artifacts, shards, pool.threads)) };
  const arithmetic: Record<string, unknown> = {};
  for (const { name, job, request } of STEPS) {
    const wanted = job.codec.fromJSON(request((made) => ({ contentDigest: digests[made]! })));
    const operation = jobOperation(job, wanted, { artifacts, pool: encodingBy(rows, pool) });
    const digest = await operation.run({ signal: new AbortController().signal, epoch: 1, report: () => undefined });
    digests[name] = digest;
    arithmetic[name] = (await artifacts.open(digest)).provenance.arithmetic;
  }
  return { artifacts, digests, arithmetic };
}

/** The golden digests; where they are to be written anew, those of the `first` run are. */
function golden({ digests }: Run, first: boolean): unknown {
  if (WRITE && first) writeFileSync(GOLDEN, `${JSON.stringify(digests, null, 2)}\n`);
  return JSON.parse(readFileSync(GOLDEN, 'utf8'));
}

describe.each(ENGINE_NAMES)('with %s', (engine) => {
  let by: object;
  beforeAll(async () => {
    const { name, version, way } = await capabilities(engine);
    expect(name).toBe(engine);
    by = { name, version, way };
  });

  describe.each([1, 2, 3])('on %i threads', (threads) => {
    const location = mkdtempSync(join(root, 'store-'));
    const pool = new WorkerPool({ location }, { threads, engine });
    afterAll(() => pool.close());

    const cuts = [1, 2, 7].flatMap((shards) => [1024, 3072].map((rows) => [shards, rows] as const));
    it.each(cuts)('a study of %i shards in shuffled order, encoded by %i rows, has the golden digests', async (shards, rows) => {
      const run = await runStudy(location, pool, shards, rows);
      const isFirst = engine === 'onnxruntime' && threads === 1 && shards === 1 && rows === 1024;
      expect(run.digests).toEqual(golden(run, isFirst));
      expect(run.arithmetic).toEqual(Object.fromEntries(STEPS.map(({ name }) => [name, name === 'relations' ? undefined : by])));
      expect((await run.artifacts.open(run.digests['codes']!)).manifest.shards).toHaveLength(Math.ceil(ROWS / rows));
    });
  });
});

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import type { ReportData } from '@fathom/report';
import { openStore } from '@fathom/store';
import { decodeSafetensors, toFloat64 } from '@fathom/tensors';
import { complaints, expectComplaint, fathom, testFolder, type Ended } from './run-fathom.fixture.js';
import { filesOf, MATERIAL, smallStudy, writeStudy } from './small-study.fixture.js';
import { tamper } from './tamper.fixture.js';
import type { VerifiedStep } from './verified-step.js';

jest.setTimeout(180_000);

const folder = testFolder();
const store = join(folder, 'store');
const out = join(folder, 'out');
const file = writeStudy(folder, smallStudy());
const run = (): Promise<Ended> => fathom(['study', 'run', file, '--store', store, '--out', out, '--json']);

interface RunResult {
  study: string;
  artifact: string;
  report: string;
  scores: string;
  table: string;
}

let first: Ended;
let result: RunResult;
let data: Omit<ReportData, 'thumbnails'>;
let artifacts: ArtifactStore;
let steps: Record<string, string>;

beforeAll(async () => {
  first = await run();
  expect([first.code, complaints(first.err)]).toEqual([0, []]);
  result = JSON.parse(first.out) as RunResult;
  data = JSON.parse(readFileSync(result.scores, 'utf8')) as ReportData;
  artifacts = new ArtifactStore(openStore(store));
  ({ steps } = (await artifacts.open(result.artifact)).attributes as { steps: Record<string, string> });
});

const column = async (step: string, tensor: string): Promise<number[]> => [...toFloat64(await (await artifacts.open(steps[step]!)).tensor(tensor))];

describe('the files of a study', () => {
  test('say the same: the report holds the data of scores.json, scores.csv its features', () => {
    const report = readFileSync(result.report, 'utf8');
    expect(report).toContain('<!doctype html>');
    for (const text of [result.artifact, data.model.digest, `study verify ${result.study}`, store]) expect(report).toContain(text);
    const [heading, ...lines] = readFileSync(result.table, 'utf8')
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));
    expect(lines).toHaveLength(data.features.length);
    const at = heading!.indexOf('k_std');
    expect(lines.map((cells) => Number(cells[at]))).toEqual(data.features.map(({ kStd }) => kStd));
  });

  test('hold the numbers of the artifacts', async () => {
    const of = (key: 'kStd' | 'kRaw' | 'importance' | 'redundancy' | 'sensitivity' | 'hoyer' | 'lambda') =>
      data.features.map((feature) => feature[key]);
    expect(of('kStd')).toEqual(await column('epoch-15/complexity', 'k_std'));
    expect(of('kRaw')).toEqual(await column('epoch-15/complexity', 'k_raw'));
    expect(of('importance')).toEqual(await column('epoch-15/importance', 'importance'));
    expect(of('redundancy')).toEqual(await column('epoch-15/locality', 'redundancy'));
    expect(of('hoyer')).toEqual(await column('epoch-15/locality', 'hoyer'));
    expect(of('sensitivity')).toEqual(await column('epoch-15/sensitivity', 'sensitivity'));
    expect(of('lambda')).toEqual(await column('epoch-15/over-training', 'lambda'));
    expect(data.features.flatMap(({ r2 }) => r2)).toEqual(await column('epoch-15/complexity', 'r2'));
  });

  test('show for every feature the images with its largest codes', async () => {
    const z = await column('epoch-15/codes', 'z');
    const k = data.features.length;
    data.features.forEach(({ index, topImages }) => {
      const rows = Array.from({ length: z.length / k }, (_, row) => ({ row, code: z[row * k + index]! }));
      const wanted = rows
        .filter(({ code }) => code > 0)
        .sort((a, b) => b.code - a.code || a.row - b.row)
        .slice(0, 8);
      expect(topImages.map(({ image, code }) => ({ row: image, code }))).toEqual(wanted);
    });
  });

  test('give the mean K of every checkpoint, and of its most important max(1 %, 10) live features', async () => {
    expect(data.checkpoints.map(({ name, epoch }) => [name, epoch])).toEqual([
      ['epoch-00', 0],
      ['epoch-05', 5],
      ['epoch-15', 15],
    ]);
    for (const { name, meanK, meanKTop, topCount } of data.checkpoints) {
      const k = await column(`${name}/complexity`, 'k_std');
      const importance = await column(`${name}/importance`, 'importance');
      const live = (await column(`${name}/complexity`, 'live')).flatMap((alive, j) => (alive === 1 ? [j] : []));
      const mean = (features: readonly number[]) => features.reduce((sum, j) => sum + k[j]!, 0) / features.length;
      const ordered = [...live].sort((a, b) => importance[b]! - importance[a]! || a - b);
      expect(topCount).toBe(Math.min(live.length, 10));
      expect(meanK).toBeCloseTo(mean(live), 12);
      expect(meanKTop).toBeCloseTo(mean(ordered.slice(0, 10)), 12);
    }
  });

  test('say which images were left out', () => {
    expect(data.study.reduced).toEqual([
      'Scores rest on 300 of 10000 images, from image 0 on.',
      'Dictionaries rest on 200 of 6000 images, from image 0 on.',
    ]);
  });
});

test('a second run computes nothing: the store stays as it is, to the last file', async () => {
  const before = filesOf(store);
  const again = await run();
  expect([again.code, again.out]).toEqual([0, first.out]);
  expect(filesOf(store)).toEqual(before);
});

describe('a finished study', () => {
  test('is listed, and shown with every step and its artifact', async () => {
    const list = await fathom(['study', 'show', '--store', store]);
    expect([list.code, list.out]).toEqual([0, expect.stringContaining(`${result.study}  SUCCEEDED  "small"  3 checkpoints, 1 controls`)]);
    for (const given of ['small', result.study, result.study.slice(0, 16)]) {
      const one = await fathom(['study', 'show', given, '--store', store]);
      for (const [step, digest] of Object.entries(steps)) expect(one.out).toMatch(new RegExp(`${step} +${digest}\n`));
    }
    const json = JSON.parse((await fathom(['study', 'show', 'small', '--store', store, '--json'])).out) as {
      name: string;
      operation: { state: string };
    };
    expect([json.name, json.operation.state]).toEqual([result.study, 'OPERATION_STATE_SUCCEEDED']);
  });

  test('needs no watching', async () => {
    const { code, out: said } = await fathom(['study', 'watch', 'small', '--store', store]);
    expect([code, said]).toEqual([0, `${result.study} is finished: ${result.artifact}\n`]);
  });

  test('is not found under a name that it does not have', async () => {
    expectComplaint(await fathom(['study', 'show', 'other', '--store', store]), 3, ['no study "other"', 'study show']);
  });
});

describe('artifacts', () => {
  test('are listed, of one kind where asked', async () => {
    const listed = JSON.parse((await fathom(['artifacts', 'ls', '--kind', 'complexity', '--store', store, '--json'])).out) as { digest: string }[];
    expect(listed.map(({ digest }) => digest).sort()).toEqual(['epoch-00', 'epoch-05', 'epoch-15'].map((name) => steps[`${name}/complexity`]).sort());
    const { out: text } = await fathom(['artifacts', 'ls', '--store', store]);
    expect(text.trimEnd().split('\n')).toHaveLength(filesOf(join(store, 'artifacts')).size);
  });

  test('come as safetensors files that hold the same numbers', async () => {
    const digest = steps['epoch-15/complexity']!;
    const path = join(folder, 'complexity.safetensors');
    const { code } = await fathom(['artifacts', 'get', digest.slice(0, 20), '--out', path, '--store', store]);
    expect(code).toBe(0);
    const tensors = decodeSafetensors(readFileSync(path), path);
    const artifact = await artifacts.open(digest);
    expect([...tensors.keys()].sort()).toEqual(Object.keys(artifact.tensors).sort());
    for (const [name, tensor] of tensors) expect([...toFloat64(tensor)]).toEqual(await column('epoch-15/complexity', name));
  });

  test('say where they come from', async () => {
    const { out: said } = await fathom(['artifacts', 'get', steps['epoch-15/codes']!, '--store', store]);
    expect(said).toMatch(/^sha256:[0-9a-f]{64} {2}codes\n {2}z +F(32|64) \[300, 20\]\n/);
    expect(said).toMatch(/made by dictionary\.encode 0\.1\.0, PORTABLE, integers by onnxruntime \d/);
  });

  test.each([
    ['sha256:123456789', 3, ['no artifact sha256:123456789']],
    ['sha256:12', 2, ['digest', 'got sha256:12', 'at least 6']],
    ['xyz', 2, ['digest', 'got xyz']],
  ])('that are not there are named: %s', async (digest, code, says) => {
    expectComplaint(await fathom(['artifacts', 'get', digest, '--store', store]), code, says);
  });

  test('have no tensor of another name', async () => {
    const path = join(folder, 'none.safetensors');
    expectComplaint(await fathom(['artifacts', 'get', steps['epoch-15/codes']!, '--tensor', 'y', '--out', path, '--store', store]), 2, ['y', 'z']);
  });
});

test('models describe shows blocks, taps, penultimate layer and head, as text and as JSON', async () => {
  const path = join(MATERIAL, 'checkpoints/epoch-15.onnx');
  const { out: text } = await fathom(['models', 'describe', path]);
  expect(text.match(/^block /gm)).toHaveLength(9);
  expect(text).toMatch(/^taps .*block1, .*block8/m);
  expect(text).toMatch(/^head +10 classes/m);
  const json = JSON.parse((await fathom(['models', 'describe', path, '--json'])).out) as {
    blocks: unknown[];
    taps: string[];
    penultimate: { width: number };
    classes: number;
  };
  expect([json.blocks.length, json.taps.length, json.penultimate.width, json.classes]).toEqual([9, 9, 64, 10]);
});

describe('study verify', () => {
  const verify = async (
    root: string,
  ): Promise<{
    code: number | null;
    different: VerifiedStep[];
    steps: string[];
    err: string;
  }> => {
    const { code, out: said, err } = await fathom(['study', 'verify', 'small', '--store', root, '--json']);
    const { steps: rows } = JSON.parse(said) as {
      steps: VerifiedStep[];
    };
    return { code, err, steps: rows.map(({ step }) => step), different: rows.filter(({ outcome }) => outcome !== 'same bits') };
  };
  const copy = (name: string): string => {
    cpSync(store, join(folder, name), { recursive: true });
    return join(folder, name);
  };

  test('finds every artifact the same, the networks included', async () => {
    const { code, different, steps: names } = await verify(store);
    expect([code, different]).toEqual([0, []]);
    expect(names).toEqual([...['epoch-00', 'epoch-05', 'epoch-15'].map((name) => `${name}/model`), ...Object.keys(steps).sort()]);
  });

  test('names the one step whose score was altered, though every digest was signed again', async () => {
    const root = copy('tampered');
    const { altered, study } = await tamper(root, result.artifact, 'epoch-15/complexity', 'k_std', (k) => (k[3] = k[3]! + 1e-9));
    for await (const { digest } of new ArtifactStore(openStore(root)).list())
      expect([result.artifact, steps['epoch-15/complexity']]).not.toContain(digest);
    expect((await fathom(['study', 'watch', 'small', '--store', root])).out).toBe(`${result.study} is finished: ${study}\n`);
    const { code, different } = await verify(root);
    const row = { step: 'epoch-15/complexity', stored: altered, recomputed: steps['epoch-15/complexity'], outcome: 'different' };
    expect([code, different]).toEqual([4, [expect.objectContaining(row)]]);
  });

  test('names the artifact whose bytes were damaged', async () => {
    const root = copy('damaged');
    const { manifest } = await artifacts.open(steps['epoch-05/importance']!);
    const { key } = manifest.shards[0]!;
    const bytes = readFileSync(join(root, key));
    bytes[bytes.length - 3]! ^= 16;
    writeFileSync(join(root, key), bytes);
    const { code, different } = await verify(root);
    expect([code, different]).toEqual([
      4,
      [expect.objectContaining({ step: 'epoch-05/importance', problem: expect.stringContaining(key) as string })],
    ]);
  });

  test('cannot begin without the images: they are named', async () => {
    const root = copy('no-images');
    const images = data.data.sets[0]!.digest;
    const { manifest } = await artifacts.open(images);
    const path = join(root, manifest.shards[0]!.key);
    const bytes = readFileSync(path);
    bytes[5000]! ^= 1;
    writeFileSync(path, bytes);
    expectComplaint(await fathom(['study', 'verify', 'small', '--store', root]), 5, ['images test', images, manifest.shards[0]!.key]);
  });
});

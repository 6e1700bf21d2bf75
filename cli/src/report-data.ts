import type { RelationRow } from '@fathom/analyses';
import type { ArtifactStore } from '@fathom/artifacts';
import type { RankCorrelation, ReportAblation, ReportCheckpoint, ReportData, ReportFlow, ReportRelation } from '@fathom/report';
import { descriptionOf } from '@fathom/analyses';
import { reportFeatures } from './report-features.js';
import { StudyReader, type FinishedStudy } from './study-scores.js';

/** What a report says beyond the study's own numbers. */
export interface ReportWords {
  readonly title: string;
  /** What was made smaller than a full study, one sentence each. */
  readonly reduced: readonly string[];
  /** Commands that recompute the study. */
  readonly verify: readonly string[];
}

interface Faithfulness {
  readonly prediction_agreement: number;
  readonly reconstruction_r2: number;
  readonly accuracy: number | null;
  readonly dead: number;
  readonly sparsity: number;
}

/** Everything the report shows, read from a study's artifacts. */
export async function reportData(artifacts: ArtifactStore, finished: FinishedStudy, words: ReportWords): Promise<ReportData> {
  const reader = new StudyReader(artifacts, finished);
  const { spec } = finished;
  const studied = spec.checkpoints.at(-1)!;
  const model = await artifacts.open(studied.model!.contentDigest);
  const { features, thumbnails, classNames } = await reportFeatures(reader, artifacts, studied.name);
  const complexity = await reader.facts<{ layers: string[]; alpha: number[]; null_mean: number[]; null_95: number[] }>(`${studied.name}/complexity`);
  const fidelity = await reader.facts<Faithfulness>(`${studied.name}/fidelity`);
  const { provenance } = await reader.step(`${studied.name}/activations`);
  const testRows = (await reader.step(`${studied.name}/codes`)).tensors['z']?.shape[0] ?? 0;
  const trainRows = (await reader.step(`${studied.name}/train-activations`)).tensors[descriptionOf(model).penultimate]?.shape[0] ?? 0;
  return {
    title: words.title,
    model: { name: descriptionOf(model).name, digest: model.digest, parameters: null, accuracy: fidelity.accuracy },
    data: {
      name: spec.name,
      sets: [
        { role: 'scores', images: testRows, digest: spec.test!.images!.contentDigest },
        { role: 'dictionary', images: trainRows, digest: spec.train!.images!.contentDigest },
      ],
      classes: [...classNames],
    },
    study: {
      digest: finished.artifact.digest,
      artifacts: ['complexity', 'importance', 'codes', 'dictionary'].map((step) => ({
        name: step,
        digest: finished.steps[`${studied.name}/${step}`]!,
      })),
      engine: provenance.engine ? `${provenance.engine.name} ${provenance.engine.version}` : '',
      codeVersion: provenance.codeVersion,
      dictionary: `class-wise NMF, ${spec.atomsPerClass} atoms per class`,
      verify: words.verify,
      reduced: words.reduced,
    },
    layers: complexity.layers,
    features,
    nullMean: complexity.null_mean,
    null95: complexity.null_95,
    alpha: complexity.alpha,
    checkpoints: spec.checkpoints.length > 1 ? await reportCheckpoints(reader) : [],
    flow: reader.has(`${studied.name}/flow`) ? await reportFlow(reader, studied.name) : [],
    relations: await reportRelations(reader, studied.name),
    ablation: await reportAblation(reader, studied.name, fidelity.accuracy),
    faithfulness: {
      predictionAgreement: fidelity.prediction_agreement,
      reconstructionR2: fidelity.reconstruction_r2,
      deadAtoms: fidelity.dead,
      sparsity: fidelity.sparsity,
    },
    thumbnails,
  };
}

/** Mean K of every checkpoint's own features, and of its most important max(1 %, 10) (docs/measures.md §4). */
async function reportCheckpoints(reader: StudyReader): Promise<ReportCheckpoint[]> {
  const rows: ReportCheckpoint[] = [];
  for (const { name, epoch } of reader.study.spec.checkpoints) {
    const kStd = await reader.values(`${name}/complexity`, 'k_std');
    const live = await reader.values(`${name}/complexity`, 'live');
    const importance = await reader.values(`${name}/importance`, 'importance');
    const alive = [...live.keys()].filter((j) => live[j] !== 0);
    const topCount = Math.min(alive.length, Math.max(Math.round(alive.length / 100), 10));
    const top = [...alive].sort((i, j) => importance[j]! - importance[i]! || i - j).slice(0, topCount);
    const relations = await reader.relations(name);
    const rho = (measure: string): number | null => relations.find((row) => row.measure === measure && row.other === 'importance')?.rho ?? null;
    const { accuracy } = await reader.facts<Faithfulness>(`${name}/fidelity`);
    rows.push({
      name,
      epoch,
      accuracy,
      meanK: mean(alive.map((j) => kStd[j]!)),
      meanKTop: mean(top.map((j) => kStd[j]!)),
      topCount,
      importanceRhoStd: rho('k_std'),
      importanceRhoRaw: rho('k_raw'),
    });
  }
  return rows;
}

async function reportFlow(reader: StudyReader, network: string): Promise<ReportFlow[]> {
  const step = `${network}/flow`;
  const { blocks } = await reader.facts<{ blocks: string[] }>(step);
  const rows: ReportFlow[] = [];
  for (const [stored, group] of [
    ['simplest', 'simplest'],
    ['most_complex', 'mostComplex'],
  ] as const) {
    const features = (await reader.values(step, stored)).length;
    const means = async (branch: string, what: string): Promise<number[]> => {
      const values = await reader.values(step, `${stored}_${branch}_${what}`);
      return blocks.map((_, block) => mean([...values.subarray(block * features, (block + 1) * features)]));
    };
    const [r2Shortcut, r2Main, ckaShortcut, ckaMain] = [
      await means('shortcut', 'r2'),
      await means('main', 'r2'),
      await means('shortcut', 'cka'),
      await means('main', 'cka'),
    ];
    blocks.forEach((block, i) =>
      rows.push({ block, group, features, r2Shortcut: r2Shortcut[i]!, r2Main: r2Main[i]!, ckaShortcut: ckaShortcut[i]!, ckaMain: ckaMain[i]! }),
    );
  }
  return rows.sort((a, b) => blocks.indexOf(a.block) - blocks.indexOf(b.block));
}

const OTHERS: Readonly<Record<string, ReportRelation['other']>> = {
  importance: 'importance',
  abs_importance_signed: 'importance_abs_signed',
  redundancy: 'redundancy',
  sensitivity: 'sensitivity',
  hoyer: 'hoyer',
  lambda: 'lambda',
  lambda_unshared: 'lambda_unshared',
};

/** Signs that the paper reports (docs/measures.md §9). */
const PAPER_SIGNS: Readonly<Partial<Record<ReportRelation['other'], '+' | '-' | '0'>>> = {
  importance: '-',
  redundancy: '-',
  sensitivity: '+',
  hoyer: '0',
  lambda: '+',
};

async function reportRelations(reader: StudyReader, network: string): Promise<ReportRelation[]> {
  const controls = reader.study.spec.controls.map(({ name }) => name);
  const untrained = await Promise.all(controls.map(async (name) => ({ name, rows: await reader.relations(name) })));
  return (await reader.relations(network)).flatMap((row): ReportRelation[] => {
    const other = OTHERS[row.other];
    if (!other) return [];
    const control = untrained.flatMap(({ name, rows }) => {
      const same = rows.find((candidate) => candidate.measure === row.measure && candidate.other === row.other);
      return same ? [{ network: name, ...correlation(same) }] : [];
    });
    const measure = row.measure === 'k_raw' ? 'k_raw' : 'k_std';
    return [{ measure, other, ...correlation(row), partial: row.partial, control, paperSign: PAPER_SIGNS[other] ?? null }];
  });
}

function correlation({ rho, low, high, p }: RelationRow): RankCorrelation {
  return { rho, low, high, p };
}

const ORDERS = ['most_complex_first', 'simplest_first', 'most_important_first', 'random'] as const;

async function reportAblation(reader: StudyReader, network: string, accuracy: number | null): Promise<ReportAblation> {
  const step = `${network}/ablation`;
  const { labelled } = await reader.facts<{ labelled: boolean }>(step);
  const curves = await Promise.all(
    ORDERS.map(async (order) => ({
      order,
      kept: [...(await reader.values(step, order))],
      dropped: [...(await reader.values(step, `${order}_rest_dropped`))],
    })),
  );
  return {
    measure: labelled ? 'accuracy' : 'agreement',
    base: labelled ? (accuracy ?? 1) : 1,
    shares: Array.from({ length: 11 }, (_, tenth) => tenth / 10),
    curves,
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

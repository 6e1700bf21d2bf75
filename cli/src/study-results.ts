import { join } from 'node:path';
import type { Command } from 'commander';
import { ArtifactStore } from '@fathom/artifacts';
import { featuresCsv, renderReport, type ReportData } from '@fathom/report';
import { openStore, type StoreConfig } from '@fathom/store';
import { reportData, type ReportWords } from './report-data.js';
import type { GlobalOptions } from './command-context.js';
import type { StudyRun } from './run-study-file.js';
import { openStudy } from './study-scores.js';
import type { Terminal } from './terminal.js';
import { writeWhole } from './write-results.js';

/** The files that a study's results are written to. */
export interface ResultFiles {
  readonly report: string;
  readonly json: string;
  readonly csv: string;
  readonly data: ReportData;
}

/** Reads a finished study from the store and writes report.html, scores.json and scores.csv into a folder. */
export async function writeResults(store: StoreConfig, digest: string, folder: string, words: ReportWords): Promise<ResultFiles> {
  const artifacts = new ArtifactStore(openStore(store));
  const data = await reportData(artifacts, await openStudy(artifacts, digest), words);
  return {
    report: await writeWhole(join(folder, 'report.html'), renderReport(data)),
    json: await writeWhole(join(folder, 'scores.json'), scoresJson(data)),
    csv: await writeWhole(join(folder, 'scores.csv'), featuresCsv(data, data.features)),
    data,
  };
}

/** All scores of a study as JSON: what the report shows, without its pictures. */
export function scoresJson({ thumbnails: _thumbnails, ...data }: ReportData): string {
  return `${JSON.stringify(data, null, 1)}\n`;
}

/** The command that recomputes a study of the store that was used. @param tenant whose part of it that was */
export function verifyCommand(study: string, command: Command, tenant: string | undefined): string {
  const { store } = command.optsWithGlobals<GlobalOptions>();
  const ofTenant = tenant === undefined ? '' : ` --tenant ${tenant}`;
  return `npx fathom study verify ${study}${store === undefined ? '' : ` --store '${store.replaceAll("'", `'\\''`)}'`}${ofTenant}`;
}

/** Says what a study found and where its files are. */
export function printResults(run: StudyRun, { data, report, json, csv }: ResultFiles, terminal: Terminal): void {
  for (const line of summary(data)) terminal.print(line);
  terminal.print(`study: ${run.name}`);
  terminal.print(`scores: ${json} and ${csv}`);
  terminal.print(`report: ${report}`);
  terminal.result({ study: run.name, artifact: run.digest, report, scores: json, table: csv });
}

/** A study in a few lines for a terminal. */
function summary(data: ReportData): string[] {
  const live = data.features.filter((feature) => !feature.dead);
  const ordered = [...live].sort((a, b) => a.kStd - b.kStd || a.index - b.index);
  const percent = (share: number | null): string => (share === null ? 'unknown' : `${(100 * share).toFixed(1)} %`);
  const named = (features: typeof ordered): string => features.map(({ label, kStd }) => `${label} (${kStd.toFixed(2)})`).join(', ');
  const relation = data.relations.find(({ measure, other }) => measure === 'k_std' && other === 'importance');
  return [
    `${data.model.name}: accuracy ${percent(data.model.accuracy)}; ${live.length} live features of ${data.features.length}`,
    `codes keep ${percent(data.faithfulness?.predictionAgreement ?? null)} of the predictions and explain R² ${data.faithfulness?.reconstructionR2.toFixed(3)}`,
    `simplest: ${named(ordered.slice(0, 3))}`,
    `most complex: ${named(ordered.slice(-3).reverse())}`,
    ...(relation ? [`K and importance: ρ = ${relation.rho.toFixed(2)}${interval(relation)}, p = ${relation.p.toPrecision(2)}`] : []),
  ];
}

function interval({ low, high }: { low: number | null; high: number | null }): string {
  return low === null || high === null ? '' : ` [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

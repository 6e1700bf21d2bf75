import type { operations, study } from '@fathom/contracts';
import { prepareStudy, waitForEnd } from './prepare-study.js';
import type { Services } from './services.js';
import type { StudyFile } from './study-file.js';
import type { Terminal } from './terminal.js';

/** What a run of a study came to. */
export interface StudyRun {
  /** Name of the study, "studies/…". */
  readonly name: string;
  /** Content digest of its "study" artifact. */
  readonly digest: string;
}

/** Registers, starts (or resumes) and follows a study to its end. An abort cancels it; what is finished stays. */
export async function runStudyFile(file: StudyFile, services: Services, terminal: Terminal, signal: AbortSignal): Promise<StudyRun> {
  terminal.progress({ done: 0, total: 0, stage: 'registering networks and images' });
  return runSpec(await prepareStudy(file, services, signal), services, terminal, signal);
}

/** Starts (or resumes) the study of a spec and follows it to its end. An abort cancels it. */
export async function runSpec(spec: study.StudySpec, services: Services, terminal: Terminal, signal: AbortSignal): Promise<StudyRun> {
  const { operation } = await services.study.startStudy({ spec }, { signal });
  try {
    return await followStudy(operation, services, terminal, signal);
  } catch (error) {
    if (signal.aborted && operation) await services.studyOperations.cancelOperation({ name: operation.name }).catch(() => undefined);
    throw error;
  }
}

/** Follows a study's operation to its end. An abort ends the following, not the study. */
export async function followStudy(
  operation: operations.Operation | undefined,
  services: Services,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<StudyRun> {
  const name = operation?.name.replace('operations/', 'studies/') ?? '';
  try {
    const ended = await waitForEnd(operation, services.studyOperations, signal, ({ progress }) =>
      terminal.progress({ done: progress?.partsDone ?? 0, total: progress?.partsTotal ?? 0, stage: progress?.stage ?? '' }),
    );
    return { name, digest: ended.result?.contentDigest ?? '' };
  } finally {
    terminal.endProgress();
  }
}

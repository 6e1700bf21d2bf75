/** A day in short: small studies, questions that were asked before, questions that are new, reads, pages of lists, and watches. */
import exec from 'k6/execution';
import { sleep } from 'k6';
import { answered, ask, COMMON, handleSummary, lost, mismatches, plan, Replicas, thresholds } from './fathom.ts';

export { handleSummary };

const READS = { 'grpc_req_duration{kind:get}': ['p(95)<=100'], 'grpc_req_duration{kind:artifact}': ['p(95)<=100'] };

export const options = {
  ...COMMON,
  scenarios: {
    questions: { executor: 'constant-vus', vus: plan.clients, duration: `${plan.seconds}s`, gracefulStop: '60s', exec: 'questions' },
    reads: { executor: 'constant-vus', vus: plan.clients, duration: `${plan.seconds}s`, gracefulStop: '60s', exec: 'reads' },
    studies: { executor: 'shared-iterations', vus: 2, iterations: 2 * plan.studies.length, maxDuration: `${plan.seconds + 60}s`, exec: 'studies' },
  },
  thresholds: thresholds({ ...READS, 'grpc_req_duration{kind:list}': ['p(95)<=1000'], 'grpc_req_duration{kind:start}': ['p(95)<=1000'] }),
};

const replicas = new Replicas(['dictionary', 'complexity', 'importance', 'study']);

/** Every other question is watched; most have been asked before by another client. */
export async function questions(): Promise<void> {
  const turn = exec.vu.iterationInScenario;
  await ask(replicas, (exec.vu.idInTest + turn) % plan.questions.length, turn, { watches: turn % 2 === 0 });
  sleep(0.2);
}

export function reads(): void {
  const turn = exec.vu.iterationInScenario;
  const { name, digest } = plan.expected[turn % plan.expected.length]!['fit']!;
  // Somebody asked for it a moment ago, or nobody yet.
  const started = replicas.call<{ operation: { name: string } }>(
    'dictionary',
    'StartFit',
    plan.questions[turn % plan.questions.length]!.steps[0]!.spellings[1]!,
    'start',
  );
  if (started && started.operation.name !== name) mismatches.add(1);
  const got = replicas.call<{ operation: { result?: { contentDigest: string } } }>('dictionary', 'OperationsService/GetOperation', { name }, 'get');
  if (got?.operation.result && got.operation.result.contentDigest !== digest) mismatches.add(1);
  if (got?.operation.result) replicas.call('dictionary', 'ArtifactService/GetArtifact', { artifact: { contentDigest: digest } }, 'artifact');
  if (turn % 10 === 0) replicas.call('dictionary', 'OperationsService/ListOperations', { pageSize: 10 }, 'list');
  sleep(0.2);
}

/** Each study is asked for twice, the second time while it runs or after it. */
export async function studies(): Promise<void> {
  const spec = plan.studies[Math.floor(exec.scenario.iterationInTest / 2)];
  const operation = await replicas.run('study/StartStudy', { spec }, { kind: 'study', watches: exec.scenario.iterationInTest % 2 === 1 });
  if (!operation) return;
  const study = replicas.call<{ study: { steps: unknown[] } }>(
    'study',
    'GetStudy',
    { name: operation.name.replace('operations/', 'studies/') },
    'study',
  );
  if (study && study.study.steps.length > 0) answered.add(1);
  else lost.add(1);
}

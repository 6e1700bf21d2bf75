/** Many clients for long: each asks a question, old or new, reads what came of it, and thinks for a few seconds. */
import exec from 'k6/execution';
import { sleep } from 'k6';
import { ask, COMMON, handleSummary, mismatches, plan, Replicas, thresholds, type Operation } from './fathom.ts';

export { handleSummary };

export const options = {
  ...COMMON,
  scenarios: {
    soak: {
      executor: 'ramping-vus',
      // They come one after another, and then stay.
      stages: [plan.warm, plan.seconds].map((seconds) => ({ duration: `${seconds}s`, target: plan.clients })),
      gracefulStop: '60s',
    },
  },
  thresholds: thresholds({ 'grpc_req_duration{kind:start}': ['p(95)<=500'], 'grpc_req_duration{kind:get}': ['p(95)<=100', 'p(99)<=500'] }),
};

const replicas = new Replicas(['dictionary', 'complexity', 'importance']);

export default async function soak(): Promise<void> {
  const turn = exec.vu.idInTest + exec.vu.iterationInScenario;
  // New questions come as long as it lasts: a share of all that grows with time is known.
  const known = 1 + Math.floor(exec.scenario.progress * (plan.questions.length - 1));
  const question = turn % known;
  sleep(2);
  if (await ask(replicas, question, turn, { watches: turn % 7 === 0 })) {
    const { name, digest } = plan.expected[question]!['measure']!;
    const got = replicas.call<{ operation: Operation }>('complexity', 'OperationsService/GetOperation', { name }, 'get');
    if (got && got.operation.result?.contentDigest !== digest) mismatches.add(1);
  }
  sleep(2);
}

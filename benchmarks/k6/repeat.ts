/**
 * Reproducibility: many clients ask the same questions, each in an order of its own and in different words, at several replicas, some of
 * which are killed and started again meanwhile. Every digest is the first answer's, which one undisturbed process gave.
 */
import exec from 'k6/execution';
import { ask, COMMON, handleSummary, permuted, plan, Replicas, thresholds } from './fathom.ts';

export { handleSummary };

export const options = {
  ...COMMON,
  scenarios: { repeat: { executor: 'per-vu-iterations', vus: plan.clients, iterations: plan.questions.length, maxDuration: `${plan.seconds}s` } },
  thresholds: { ...thresholds({ grpc_req_duration: ['p(99)>=0'] }), answered: [`count==${plan.clients * plan.questions.length}`] },
};

const replicas = new Replicas(['dictionary', 'complexity', 'importance']);
let order: number[] | undefined;

export default async function repeat(): Promise<void> {
  order ??= permuted(plan.questions.length, exec.vu.idInTest);
  await ask(replicas, order[exec.vu.iterationInScenario]!, exec.vu.idInTest + exec.vu.iterationInScenario);
}

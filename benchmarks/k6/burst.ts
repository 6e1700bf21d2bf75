/** Quiet, and then everybody asks something new at once: what has no place is refused and tried again, nothing is lost, health goes on. */
import exec from 'k6/execution';
import { sleep } from 'k6';
import { ask, COMMON, handleSummary, plan, Replicas, thresholds } from './fathom.ts';

export { handleSummary };

/** Seconds before the burst. */
const QUIET = 1;

export const options = {
  ...COMMON,
  scenarios: { burst: { executor: 'per-vu-iterations', vus: plan.clients, iterations: 1, maxDuration: `${plan.seconds}s` } },
  thresholds: { ...thresholds({ 'grpc_req_duration{kind:start}': ['p(95)<=2000'] }), answered: [`count==${plan.clients}`] },
};

const replicas = new Replicas(['dictionary', 'complexity', 'importance']);

export default async function burst(): Promise<void> {
  sleep(QUIET);
  await ask(replicas, exec.vu.idInTest % plan.questions.length, 0);
}

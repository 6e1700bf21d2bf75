/** One process of the dictionary service answers for results that are there: the operation, the same question again, the artifact. */
import exec from 'k6/execution';
import { answered, COMMON, handleSummary, mismatches, plan, Replicas, thresholds, type Operation } from './fathom.ts';

const KINDS = ['get', 'start', 'artifact'] as const;

export { handleSummary };

const ARRIVALS = { executor: 'constant-arrival-rate', rate: plan.rate, timeUnit: '1s', preAllocatedVUs: plan.clients, maxVUs: plan.clients } as const;

export const options = {
  ...COMMON,
  scenarios: {
    // Connections are opened and code is compiled; these calls are not among the figures.
    warm: { ...ARRIVALS, duration: `${plan.warm}s` },
    stored: { ...ARRIVALS, duration: `${plan.seconds}s`, startTime: `${plan.warm}s` },
  },
  thresholds: {
    ...thresholds({
      'grpc_req_duration{scenario:stored}': ['p(99)<=15'],
      ...Object.fromEntries(KINDS.map((kind) => [`grpc_req_duration{scenario:stored,kind:${kind}}`, ['p(99)<=15']])),
    }),
    ...(plan.timed ? { 'dropped_iterations{scenario:stored}': ['count==0'] } : {}),
  },
};

const replicas = new Replicas(['dictionary']);

export default function stored(): void {
  const turn = exec.scenario.iterationInTest;
  const question = Math.floor(turn / KINDS.length) % plan.questions.length;
  const [step] = plan.questions[question]!.steps;
  const { name, digest } = plan.expected[question]!['fit']!;
  const found = read(KINDS[turn % KINDS.length]!, step!.spellings[turn % 2]!, { name, digest });
  if (found === undefined) return;
  if (found === digest) answered.add(1);
  else mismatches.add(1);
}

function read(
  kind: (typeof KINDS)[number],
  request: Record<string, unknown>,
  { name, digest }: { name: string; digest: string },
): string | undefined {
  if (kind === 'artifact') {
    const reply = replicas.call<{ artifact: { artifact: { contentDigest: string } } }>(
      'dictionary',
      'ArtifactService/GetArtifact',
      { artifact: { contentDigest: digest } },
      kind,
    );
    return reply?.artifact.artifact.contentDigest;
  }
  const reply =
    kind === 'get'
      ? replicas.call<{ operation: Operation }>('dictionary', 'OperationsService/GetOperation', { name }, kind)
      : replicas.call<{ operation: Operation }>('dictionary', 'StartFit', request, kind);
  return reply && (reply.operation.result?.contentDigest ?? '');
}

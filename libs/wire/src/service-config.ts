import {
  ActivationService,
  ArtifactService,
  CapabilitiesService,
  ComplexityService,
  DictionaryService,
  ImportanceService,
  OperationsService,
  RobustnessService,
  StudyService,
  UploadService,
} from '@fathom/contracts';
import type { ServiceConfig } from '@grpc/grpc-js';
import type { ServiceShape } from './service-shape.js';

const SERVICES: readonly ServiceShape[] = [
  ActivationService,
  ArtifactService,
  CapabilitiesService,
  ComplexityService,
  DictionaryService,
  ImportanceService,
  OperationsService,
  RobustnessService,
  StudyService,
  UploadService,
];

/** Reads, and methods of which the contract says that the same request again has no effect but the first one's. */
const IDEMPOTENT = /^(Get|List|Read|Wait|Watch|Describe|Start|Register|Cancel|Create|Commit|Delete)/;

/**
 * How a channel calls: of `several` replicas all in turn, and, with `retries`, up to four times where a server could not be reached or said
 * that it is UNAVAILABLE, which only methods that may be repeated are.
 */
export function serviceConfig({
  several,
  retries,
}: {
  several: boolean;
  retries: boolean;
}): Pick<ServiceConfig, 'loadBalancingConfig' | 'methodConfig'> {
  return { loadBalancingConfig: [several ? { round_robin: {} } : { pick_first: {} }], methodConfig: retries ? [retriedMethods()] : [] };
}

function retriedMethods(): ServiceConfig['methodConfig'][number] {
  const paths = SERVICES.flatMap((service) => Object.values(service).map(({ path }) => path.slice(1).split('/') as [string, string]));
  return {
    name: paths.filter(([, method]) => IDEMPOTENT.test(method)).map(([service, method]) => ({ service, method })),
    retryPolicy: {
      maxAttempts: 4,
      initialBackoff: '0.2s',
      maxBackoff: '5s',
      backoffMultiplier: 2,
      retryableStatusCodes: ['UNAVAILABLE'],
    },
  };
}

import { measureComplexity, measureFlow, measureOverTraining } from '@fathom/analyses';
import { ComplexityService } from '@fathom/contracts';
import { operationMessage, type Platform } from '@fathom/platform';
import { implement, type BoundService } from '@fathom/service-kit';

/** Measures complexity. */
export function complexityService(platform: Platform): BoundService {
  return implement(ComplexityService, {
    startMeasure: async (request, { caller }) => ({
      operation: operationMessage(await platform.startJob(measureComplexity, request, caller.tenant)),
    }),
    startMeasureOverTraining: async (request, { caller }) => ({
      operation: operationMessage(await platform.startJob(measureOverTraining, request, caller.tenant)),
    }),
    startMeasureFlow: async (request, { caller }) => ({ operation: operationMessage(await platform.startJob(measureFlow, request, caller.tenant)) }),
  });
}

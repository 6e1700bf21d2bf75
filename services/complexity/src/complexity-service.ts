import { measureComplexity, measureFlow, measureOverTraining } from '@fathom/analyses';
import { ComplexityService } from '@fathom/contracts';
import { operationMessage, type Platform } from '@fathom/platform';
import { implement, type BoundService } from '@fathom/service-kit';

/** Measures complexity. */
export function complexityService(platform: Platform): BoundService {
  return implement(ComplexityService, {
    startMeasure: async (request) => ({
      operation: operationMessage(await platform.startJob(measureComplexity, request)),
    }),
    startMeasureOverTraining: async (request) => ({
      operation: operationMessage(await platform.startJob(measureOverTraining, request)),
    }),
    startMeasureFlow: async (request) => ({ operation: operationMessage(await platform.startJob(measureFlow, request)) }),
  });
}

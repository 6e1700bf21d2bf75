import { ablate, measureImportance } from '@fathom/analyses';
import { ImportanceService } from '@fathom/contracts';
import { operationMessage, type Platform } from '@fathom/platform';
import { implement, type BoundService } from '@fathom/service-kit';

/** Measures importance. */
export function importanceService(platform: Platform): BoundService {
  return implement(ImportanceService, {
    startMeasure: async (request) => ({
      operation: operationMessage(await platform.startJob(measureImportance, request)),
    }),
    startAblate: async (request) => ({ operation: operationMessage(await platform.startJob(ablate, request)) }),
  });
}

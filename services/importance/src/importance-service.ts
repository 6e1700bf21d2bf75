import { ablate, measureImportance } from '@fathom/analyses';
import { ImportanceService } from '@fathom/contracts';
import { operationMessage, type Platform } from '@fathom/platform';
import { implement, type BoundService } from '@fathom/service-kit';

/** Measures importance. */
export function importanceService(platform: Platform): BoundService {
  return implement(ImportanceService, {
    startMeasure: async (request, { caller }) => ({
      operation: operationMessage(await platform.startJob(measureImportance, request, caller.tenant)),
    }),
    startAblate: async (request, { caller }) => ({ operation: operationMessage(await platform.startJob(ablate, request, caller.tenant)) }),
  });
}

import { measureLocality, measureSensitivity } from '@fathom/analyses';
import { RobustnessService } from '@fathom/contracts';
import { operationMessage, type Platform } from '@fathom/platform';
import { implement, type BoundService } from '@fathom/service-kit';

/** Measures robustness and locality. */
export function robustnessService(platform: Platform): BoundService {
  return implement(RobustnessService, {
    startMeasureSensitivity: async (request) => ({
      operation: operationMessage(await platform.startJob(measureSensitivity, request)),
    }),
    startMeasureLocality: async (request) => ({
      operation: operationMessage(await platform.startJob(measureLocality, request)),
    }),
  });
}

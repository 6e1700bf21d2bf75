import { describeCodes, encodeCodes, fitDictionary } from '@fathom/analyses';
import { DictionaryService } from '@fathom/contracts';
import { operationMessage, type Platform } from '@fathom/platform';
import { implement, type BoundService } from '@fathom/service-kit';

/** Makes dictionaries and codes. */
export function dictionaryService(platform: Platform): BoundService {
  return implement(DictionaryService, {
    startFit: async (request) => ({ operation: operationMessage(await platform.startJob(fitDictionary, request)) }),
    startEncode: async (request) => ({ operation: operationMessage(await platform.startJob(encodeCodes, request)) }),
    startDescribe: async (request) => ({ operation: operationMessage(await platform.startJob(describeCodes, request)) }),
  });
}

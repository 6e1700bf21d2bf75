import { StudyService, study } from '@fathom/contracts';
import { isKept, operationName, requestDigest } from '@fathom/operations';
import { operationMessage, pageSizeOf, pageTokenOf, type Platform } from '@fathom/platform';
import { implement, type BoundService } from '@fathom/service-kit';
import type { Json } from '@fathom/tensors';
import { runStudy } from './run-study.js';
import { connectAll, type StudyClients } from './study-clients.js';
import { digestOfStudy, StudyRecords, studyName } from './study-records.js';
import { normaliseSpec } from './study-spec.js';

/** Goes up when the steps of a study make other numbers of the same specification. */
const REVISION = 2;

/** Runs studies over the other services. */
export function studyService(platform: Platform): BoundService {
  const records = new StudyRecords(platform.artifacts.objects);
  let clients: StudyClients | undefined;

  const asMessage = async (digest: string, withSteps: boolean): Promise<study.Study> => {
    const { spec, steps } = await records.read(digest);
    return {
      name: studyName(digest),
      spec,
      operation: operationMessage(await platform.operations.get(operationName(digest))),
      steps: withSteps ? [...steps].map(([name, operation]) => ({ name, operation })) : [],
    };
  };

  return implement(StudyService, {
    async startStudy(request) {
      const spec = normaliseSpec(request.spec);
      const json = study.StudySpec.toJSON(spec) as Json;
      const digest = requestDigest({ name: 'study.run', revision: REVISION }, json);
      if (!clients) platform.onClose((clients = connectAll(platform.config.addresses)).close);
      const parts = { platform, clients, records };
      const record = await platform.start({
        digest,
        job: 'study.run',
        request: json,
        coordinates: true,
        run: (execution) => runStudy(digest, spec, parts, execution),
        isKept: (result) => isKept(platform.artifacts, result),
      });
      return { operation: operationMessage(record) };
    },
    getStudy: async ({ name }) => ({ study: await asMessage(digestOfStudy(name), true) }),
    async listStudies({ pageSize, pageToken }) {
      const size = pageSizeOf(pageSize);
      const page: study.Study[] = [];
      for await (const digest of records.digestsAfter(pageTokenOf(pageToken, /^[0-9a-f]{64}$/))) {
        if (page.length === size) return { studies: page, nextPageToken: digestOfStudy(page.at(-1)?.name ?? '') };
        page.push(await asMessage(digest, false));
      }
      return { studies: page, nextPageToken: '' };
    },
  });
}

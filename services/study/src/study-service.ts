import { StudyService, study } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import { isKept, operationName, requestDigest, type Startable } from '@fathom/operations';
import { operationMessage, pageSizeOf, pageTokenOf, type Platform } from '@fathom/platform';
import { implement, type BoundService } from '@fathom/service-kit';
import type { Json } from '@fathom/tensors';
import { runStudy } from './run-study.js';
import { connectAll, type StudyClients } from './study-clients.js';
import { digestOfStudy, noSuchStudy, StudyRecords, studyName } from './study-records.js';
import { normaliseSpec } from './study-spec.js';

const JOB = 'study.run';

/** Goes up when the steps of a study make other numbers of the same specification. */
const REVISION = 3;

/** Runs studies over the other services. */
export function studyService(platform: Platform): BoundService {
  const records = new StudyRecords(platform.artifacts.objects);
  let connected: StudyClients | undefined;

  const clients = (): StudyClients => {
    if (connected) return connected;
    connected = connectAll(platform.config, platform.tenant);
    platform.onClose(connected.close);
    return connected;
  };

  const asMessage = async (digest: string, withSteps: boolean): Promise<study.Study> => {
    const operation = await platform.operations.get(operationName(digest)).catch((error: unknown) => {
      throw FathomError.from(error).reason === 'NOT_FOUND' ? noSuchStudy(studyName(digest)) : error;
    });
    const { spec, steps } = (await records.read(digest)) ?? { spec: study.StudySpec.fromJSON(operation.request), steps: new Map<string, never>() };
    return {
      name: studyName(digest),
      spec,
      operation: operationMessage(operation),
      steps: withSteps ? [...steps].map(([name, step]) => ({ name, operation: step })) : [],
    };
  };

  const startable = (json: Json): Startable => {
    const digest = requestDigest({ name: JOB, revision: REVISION }, json);
    const spec = study.StudySpec.fromJSON(json);
    return {
      digest,
      job: JOB,
      request: json,
      tenant: platform.tenant,
      coordinates: true,
      run: (execution) => runStudy(digest, spec, { platform, clients: clients(), records }, execution),
      isKept: (result) => isKept(platform.artifacts, result),
    };
  };
  platform.onResume(JOB, ({ request }) => startable(request));

  return implement(StudyService, {
    async startStudy(request) {
      const json = study.StudySpec.toJSON(normaliseSpec(request.spec)) as Json;
      const record = await platform.start(startable(json));
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

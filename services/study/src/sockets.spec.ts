import { ActivationClient, FILE_DESCRIPTORS, operations } from '@fathom/contracts';
import { SERVICES } from '@fathom/platform';
import { credentials, loadPackageDefinition, type Client, type ServiceError } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { service as healthDefinition } from 'grpc-health-check';
import { makeClientConstructor } from '@grpc/grpc-js';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { call, refusalOfCall } from './refusal.fixture.js';
import { networkPath, PREPROCESSING, smallStudy } from './small-material.fixture.js';
import { StandIns } from './stand-in-artifacts.fixture.js';

jest.setTimeout(120_000);

const { OperationState } = operations;

const AREAS = SERVICES.map((name) => `fathom.${name}.v1.${name[0]!.toUpperCase()}${name.slice(1)}Service`);
const SHARED = ['operations.v1.OperationsService', 'artifact.v1.ArtifactService', 'platform.v1.CapabilitiesService', 'upload.v1.UploadService'];
const NAMES = [...AREAS, ...SHARED.map((name) => `fathom.${name}`)];

let one: OneProcess;
afterEach(() => one.close());

/** Whether the server says that it serves a service. */
function health(address: string, name = ''): Promise<string> {
  const Health = makeClientConstructor(healthDefinition, 'Health');
  const client = new Health(address, credentials.createInsecure()) as unknown as Client & {
    check(request: object, done: (error: Error | null, answer: { status: string }) => void): void;
  };
  return new Promise<string>((resolve, reject) =>
    client.check({ service: name }, (error, { status } = { status: '' }) => (error ? reject(error) : resolve(status))),
  ).finally(() => client.close());
}

/** Answers of server reflection. */
function reflection(address: string, requests: readonly object[]): Promise<Record<string, never>[]> {
  const file = {
    nested: {
      grpc: {
        nested: {
          reflection: {
            nested: {
              v1: {
                nested: {
                  ServerReflectionRequest: {
                    oneofs: { messageRequest: { oneof: ['fileContainingSymbol', 'listServices'] } },
                    fields: {
                      host: { type: 'string', id: 1 },
                      fileContainingSymbol: { type: 'string', id: 4 },
                      listServices: { type: 'string', id: 7 },
                    },
                  },
                  ServiceResponse: { fields: { name: { type: 'string', id: 1 } } },
                  ListServiceResponse: { fields: { service: { rule: 'repeated', type: 'ServiceResponse', id: 1 } } },
                  FileDescriptorResponse: { fields: { fileDescriptorProto: { rule: 'repeated', type: 'bytes', id: 1 } } },
                  ServerReflectionResponse: {
                    fields: {
                      fileDescriptorResponse: { type: 'FileDescriptorResponse', id: 4 },
                      listServicesResponse: { type: 'ListServiceResponse', id: 6 },
                    },
                  },
                  ServerReflection: {
                    methods: {
                      ServerReflectionInfo: {
                        requestType: 'ServerReflectionRequest',
                        requestStream: true,
                        responseType: 'ServerReflectionResponse',
                        responseStream: true,
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  };
  const loaded = loadPackageDefinition(fromJSON(file as never)) as never as {
    grpc: {
      reflection: {
        v1: { ServerReflection: new (address: string, credentials: object) => Client & { ServerReflectionInfo(): NodeJS.ReadWriteStream } };
      };
    };
  };
  const client = new loaded.grpc.reflection.v1.ServerReflection(address, credentials.createInsecure());
  return new Promise<Record<string, never>[]>((resolve, reject) => {
    const stream = client.ServerReflectionInfo();
    const answers: Record<string, never>[] = [];
    stream.on('data', (answer: Record<string, never>) => answers.push(answer));
    stream.on('error', reject);
    stream.on('end', () => resolve(answers));
    for (const request of requests) (stream as unknown as { write(request: object): void }).write(request);
    stream.end();
  }).finally(() => client.close());
}

describe('every service over a real socket', () => {
  beforeEach(async () => {
    one = await oneProcess();
  });

  it('is healthy, and so is the server', async () => {
    for (const name of ['', ...NAMES]) expect(await health(one.address, name)).toBe('SERVING');
    await expect(health(one.address, 'fathom.none.v1.NoService')).rejects.toMatchObject({ code: 5 });
  });

  it('is listed and described by reflection', async () => {
    const [listed, ...described] = await reflection(one.address, [{ listServices: '' }, ...NAMES.map((name) => ({ fileContainingSymbol: name }))]);
    const { listServicesResponse } = listed as never as { listServicesResponse: { service: { name: string }[] } };
    expect(listServicesResponse.service.map(({ name }) => name).sort()).toEqual([...NAMES, 'grpc.health.v1.Health'].sort());
    const known = new Set(Object.values(FILE_DESCRIPTORS));
    for (const answer of described) {
      const { fileDescriptorProto } = (answer as never as { fileDescriptorResponse: { fileDescriptorProto: Buffer[] } }).fileDescriptorResponse;
      expect(fileDescriptorProto.some((bytes) => known.has(bytes.toString('base64')))).toBe(true);
    }
  });

  it('answers health calls while its jobs compute', async () => {
    const { clients } = one;
    const images = await smallStudy(one.folder, clients);
    const { operation } = await clients.study.startStudy({ spec: { ...images, checkpoints: images.checkpoints.slice(2), controls: [] } });
    let ended = false;
    const study = clients.ended('study', operation).then(() => (ended = true));
    let answered = 0;
    while (!ended) {
      expect(await health(one.address)).toBe('SERVING');
      answered += ended ? 0 : 1;
    }
    await study;
    expect(answered).toBeGreaterThan(10);
  });
});

describe('an operation over a socket', () => {
  it('that is cancelled keeps its finished parts; resumed, it takes them as they are', async () => {
    one = await oneProcess();
    const { clients } = one;
    const made = new StandIns(one.store);
    const classes = 160;
    const parts = classes / 16; // a part is 16 classes
    const activations = await made.activations(8000, 64, (row, channel) => ((row * 31 + channel * 17 + row * channel) % 101) / 101, {
      labels: Array.from({ length: 8000 }, (_, i) => i % classes),
      classes,
    });
    const request = { activations, tensor: '', model: undefined, method: { $case: 'classNmf', value: { atomsPerClass: 20 } }, seed: 0 } as const;
    const { operation } = await clients.dictionary.startFit(request);
    const following = clients.operations.dictionary;
    let seen: operations.Operation | undefined;
    for await (const update of following.watchOperation({ name: operation!.name, afterSequence: 0 })) {
      seen = update.operation;
      if (seen!.state === OperationState.RUNNING && seen!.progress!.partsDone >= 3) await following.cancelOperation({ name: operation!.name });
    }
    expect(seen?.state).toBe(OperationState.CANCELLED);
    const kept = seen!.progress!.partsDone;
    expect(kept).toBeGreaterThanOrEqual(3);
    expect(kept).toBeLessThan(parts);
    const again = await clients.dictionary.startFit(request);
    expect(again.operation?.name).toBe(operation?.name);
    const { progress } = await clients.ended('dictionary', again.operation);
    expect(progress).toMatchObject({ partsDone: parts, partsTotal: parts });
    expect(progress!.partsReused).toBeGreaterThanOrEqual(kept);
  });

  it('is refused above the limit, with the advice to try again', async () => {
    one = await oneProcess({ maxRunningOperations: 1, maxWaitingOperations: 0 });
    const { clients } = one;
    const made = new StandIns(one.store);
    const activations = await made.activations(4000, 64, (row, channel) => ((row * 31 + channel * 17 + row * channel) % 101) / 101, {
      labels: Array.from({ length: 4000 }, (_, i) => i % 2),
    });
    const request = { activations, tensor: '', model: undefined, method: { $case: 'classNmf', value: { atomsPerClass: 100 } }, seed: 0 } as const;
    const { operation } = await clients.dictionary.startFit(request);
    const refused = await call(ActivationClient as never, one.address, 'registerModel', {
      path: networkPath('epoch-15'),
      name: 'n',
      preprocessing: PREPROCESSING,
      taps: [],
    }).catch((error: ServiceError) => refusalOfCall(error));
    expect(refused).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'RESOURCE_EXHAUSTED', domain: 'fathom' });
    expect((refused as { retrySeconds?: number }).retrySeconds).toBeGreaterThan(0);
    expect((await clients.dictionary.startFit(request)).operation?.name).toBe(operation?.name);
    await clients.operations.dictionary.cancelOperation({ name: operation!.name });
    const { operation: ended } = await clients.operations.dictionary.waitOperation({ name: operation!.name, timeoutMs: 0 });
    expect(ended?.state).toBe(OperationState.CANCELLED);
  });

  it('is the same for two who ask at once, and answers a wait before the deadline of the call', async () => {
    one = await oneProcess();
    const { clients } = one;
    const made = new StandIns(one.store);
    const activations = await made.activations(4000, 64, (row, channel) => ((row * 31 + channel * 17 + row * channel) % 101) / 101, {
      labels: Array.from({ length: 4000 }, (_, i) => i % 2),
    });
    const request = { activations, tensor: '', model: undefined, method: { $case: 'classNmf', value: { atomsPerClass: 100 } }, seed: 0 } as const;
    const [a, b] = await Promise.all([clients.dictionary.startFit(request), clients.dictionary.startFit(request)]);
    expect(b.operation?.name).toBe(a.operation?.name);
    const name = a.operation!.name;
    const { operation } = await clients.operations.dictionary.waitOperation({ name, timeoutMs: 0 }, { deadlineMs: 1_500 });
    expect(operation?.state).toBe(OperationState.RUNNING);
    await clients.operations.dictionary.cancelOperation({ name });
    await clients.operations.dictionary.waitOperation({ name, timeoutMs: 0 });
  });
});

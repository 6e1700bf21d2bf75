/* eslint-disable @nx/enforce-module-boundaries -- an example is a user of the packages, and belongs to none of them */
/**
 * A client of Fathom's services: registers a network and images, has features made and measured, and names the simplest.
 * Run against services that share the store and have the two files below their input roots; see docs/api.md.
 */
import { ArtifactStore } from '@fathom/artifacts';
import { activation, ActivationClient, ComplexityClient, DictionaryClient, operations, OperationsClient } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import { connect, errorOf, type ClientConstructor } from '@fathom/service-kit';
import { openStore } from '@fathom/store';
import { toFloat64 } from '@fathom/tensors';

/** Where everything is. */
export interface Places {
  /** Addresses of three services, "host:port" or "unix:/path". */
  readonly activation: string;
  readonly dictionary: string;
  readonly complexity: string;
  /** The store that the services use: results are read from it. */
  readonly store: string;
  /** Paths on the services' machine. */
  readonly network: string;
  readonly images: string;
  readonly labels: string;
}

/** The indices of the `count` features of lowest K_std over the first `rows` images, simplest first. */
export async function simplestFeatures(places: Places, rows: number, count: number): Promise<number[]> {
  const act = area(ActivationClient, places.activation);
  const dict = area(DictionaryClient, places.dictionary);
  const comp = area(ComplexityClient, places.complexity);
  try {
    const { model } = await act.service.registerModel({
      path: places.network,
      name: 'fashion',
      preprocessing: { width: 28, height: 28, channelOrder: activation.ChannelOrder.GRAY, scale: 1 / 255, mean: [0.286], standardDeviation: [0.353] },
      taps: [],
    });
    const images = await act.finished(
      act.service.startRegisterImages({
        name: 'fashion test',
        source: { $case: 'idx', value: { imagesPath: places.images, labelsPath: places.labels, classNames: [] } },
      }),
    );
    const activations = await act.finished(
      act.service.startExtract({ model, images, rows: { first: 0, count: rows }, taps: [], branches: false, pooling: activation.Pooling.MEAN }),
    );
    const method = { $case: 'classNmf', value: { atomsPerClass: 3 } } as const;
    const dictionary = await dict.finished(dict.service.startFit({ activations, tensor: '', model: undefined, method, seed: 0 }));
    const codes = await dict.finished(dict.service.startEncode({ dictionary, activations, tensor: '' }));
    const complexity = await comp.finished(comp.service.startMeasure({ activations, layers: [], codes, probe: undefined }));

    const artifact = await new ArtifactStore(openStore(places.store)).open(complexity.contentDigest);
    const kStd = toFloat64(await artifact.tensor('k_std'));
    return [...kStd.keys()].sort((i, j) => kStd[i]! - kStd[j]! || i - j).slice(0, count);
  } finally {
    for (const each of [act, dict, comp]) each.close();
  }
}

type Started = Promise<{ operation?: operations.Operation | undefined }>;

/** A service, and the operations that it runs. */
function area<S extends Parameters<typeof connect>[0]['service']>(client: ClientConstructor<S>, address: string) {
  const service = connect(client, address);
  const runs = connect(OperationsClient, address);
  /** Waits for an operation and returns the reference to its result. */
  const finished = async (started: Started): Promise<{ contentDigest: string }> => {
    let { operation } = await started;
    while (operation?.state === operations.OperationState.RUNNING)
      ({ operation } = await runs.waitOperation({ name: operation.name, timeoutMs: 30_000 }));
    if (operation?.result) return operation.result;
    throw (operation?.error && errorOf(operation.error)) ?? new FathomError('UNAVAILABLE', `${operation?.name} was stopped; start it again`);
  };
  const close = (): void => {
    service.close();
    runs.close();
  };
  return { service, finished, close };
}

import {
  ActivationClient,
  ArtifactClient,
  ComplexityClient,
  DictionaryClient,
  ImportanceClient,
  OperationsClient,
  operations,
  RobustnessClient,
  StudyClient,
  UploadClient,
} from '@fathom/contracts';
import { SERVICES, type ServiceName } from '@fathom/platform';
import { connect, errorOf, type ConnectOptions } from '@fathom/service-kit';

const { OperationState } = operations;

/** Clients of all services at their addresses. */
export type FathomClients = ReturnType<typeof fathomClients>;

/** Connects to all services. */
export function fathomClients(addresses: Readonly<Record<ServiceName, string>>, options: ConnectOptions = {}) {
  const following = Object.fromEntries(SERVICES.map((name) => [name, connect(OperationsClient, addresses[name], options)])) as Record<
    ServiceName,
    ReturnType<typeof connect<typeof OperationsClient.service>>
  >;
  const clients = {
    activation: connect(ActivationClient, addresses.activation, options),
    dictionary: connect(DictionaryClient, addresses.dictionary, options),
    complexity: connect(ComplexityClient, addresses.complexity, options),
    importance: connect(ImportanceClient, addresses.importance, options),
    robustness: connect(RobustnessClient, addresses.robustness, options),
    study: connect(StudyClient, addresses.study, options),
    artifacts: connect(ArtifactClient, addresses.activation, options),
    uploads: connect(UploadClient, addresses.activation, options),
  };
  /** The operation once it has ended; throws what it failed with. */
  const ended = async (service: ServiceName, started: operations.Operation | undefined): Promise<operations.Operation> => {
    let operation = started!;
    if (operation.state === OperationState.RUNNING)
      for await (const update of following[service].watchOperation({ name: operation.name, afterSequence: 0 })) operation = update.operation!;
    if (operation.state === OperationState.FAILED) throw errorOf(operation.error!) ?? new Error(operation.error?.message);
    return operation;
  };
  const close = (): void => {
    for (const client of [...Object.values(clients), ...Object.values(following)]) client.close();
  };
  return { ...clients, operations: following, ended, close };
}

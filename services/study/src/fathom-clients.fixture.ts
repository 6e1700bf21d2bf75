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
} from '@fathom/contracts';
import { SERVICES, type ServiceName } from '@fathom/platform';
import { connect, errorOf } from '@fathom/service-kit';

const { OperationState } = operations;

/** Clients of all services at their addresses. */
export type FathomClients = ReturnType<typeof fathomClients>;

/** Connects to all services. */
export function fathomClients(addresses: Readonly<Record<ServiceName, string>>) {
  const following = Object.fromEntries(SERVICES.map((name) => [name, connect(OperationsClient, addresses[name])])) as Record<
    ServiceName,
    ReturnType<typeof connect<typeof OperationsClient.service>>
  >;
  const clients = {
    activation: connect(ActivationClient, addresses.activation),
    dictionary: connect(DictionaryClient, addresses.dictionary),
    complexity: connect(ComplexityClient, addresses.complexity),
    importance: connect(ImportanceClient, addresses.importance),
    robustness: connect(RobustnessClient, addresses.robustness),
    study: connect(StudyClient, addresses.study),
    artifacts: connect(ArtifactClient, addresses.activation),
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

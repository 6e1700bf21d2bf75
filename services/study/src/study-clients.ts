import { ActivationClient, ComplexityClient, DictionaryClient, ImportanceClient, OperationsClient, RobustnessClient } from '@fathom/contracts';
import type { ServiceName } from '@fathom/platform';
import { connect } from '@fathom/service-kit';

/** Connections to the five services that a study is made of. */
export type StudyClients = ReturnType<typeof connectAll>;

/** Connects to the five services, and to the operations of each. */
export function connectAll(addresses: Readonly<Record<ServiceName, string>>) {
  const operations = (service: ServiceName) => connect(OperationsClient, addresses[service]);
  const clients = {
    activation: { ...connect(ActivationClient, addresses.activation), operations: operations('activation') },
    dictionary: { ...connect(DictionaryClient, addresses.dictionary), operations: operations('dictionary') },
    complexity: { ...connect(ComplexityClient, addresses.complexity), operations: operations('complexity') },
    importance: { ...connect(ImportanceClient, addresses.importance), operations: operations('importance') },
    robustness: { ...connect(RobustnessClient, addresses.robustness), operations: operations('robustness') },
  };
  const close = (): void => {
    for (const client of Object.values(clients)) {
      client.operations.close();
      client.close();
    }
  };
  return { ...clients, close };
}

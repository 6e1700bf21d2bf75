import { ActivationClient, ComplexityClient, DictionaryClient, ImportanceClient, OperationsClient, RobustnessClient } from '@fathom/contracts';
import { connection, type Config, type ConnectionConfig, type ServiceName } from '@fathom/platform';
import { connect } from '@fathom/service-kit';

/** Connections to the five services that a study is made of. */
export type StudyClients = ReturnType<typeof connectAll>;

/** Connects to the five services, and to the operations of each, on behalf of a tenant. */
export function connectAll(config: Pick<Config, 'addresses'> & ConnectionConfig, tenant: string) {
  const { addresses } = config;
  const options = connection(config, tenant);
  const operations = (service: ServiceName) => connect(OperationsClient, addresses[service], options);
  const clients = {
    activation: { ...connect(ActivationClient, addresses.activation, options), operations: operations('activation') },
    dictionary: { ...connect(DictionaryClient, addresses.dictionary, options), operations: operations('dictionary') },
    complexity: { ...connect(ComplexityClient, addresses.complexity, options), operations: operations('complexity') },
    importance: { ...connect(ImportanceClient, addresses.importance, options), operations: operations('importance') },
    robustness: { ...connect(RobustnessClient, addresses.robustness, options), operations: operations('robustness') },
  };
  const close = (): void => {
    for (const client of Object.values(clients)) {
      client.operations.close();
      client.close();
    }
  };
  return { ...clients, close };
}

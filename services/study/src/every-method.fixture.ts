import * as contracts from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import { connect, errorOf, type ClientConstructor, type ConnectOptions } from '@fathom/service-kit';

/** What a caller learns: an answer, or why there is none; of an operation that the call starts, what becomes of it. As text, without what differs each time. */
export type Outcome = { readonly answer: string } | { readonly refusal: string };

/** Calls methods by their paths, such as "/fathom.artifact.v1.ArtifactService/GetArtifact". */
export interface EveryMethod {
  call(path: string, request: unknown): Promise<Outcome>;
  close(): void;
}

type Method = (request: unknown) => Promise<unknown> | AsyncIterable<unknown>;
type Definition = typeof contracts.OperationsService;

/** Every service of the contracts. */
const CLIENTS = Object.entries(contracts).flatMap(([name, value]) =>
  name.endsWith('Client') ? [value as unknown as ClientConstructor<Definition>] : [],
);

/** Paths of all methods of the contracts. */
export const PATHS: string[] = CLIENTS.flatMap(({ service }) => Object.values(service).map(({ path }) => path)).sort();

/** Connects to all services at an address. */
export function everyMethod(address: string, options: ConnectOptions): EveryMethod {
  const methods = new Map<string, Method>();
  const remotes = CLIENTS.map((constructor) => {
    const remote = connect(constructor, address, options);
    const named = remote as unknown as Record<string, Method>;
    for (const [name, { path }] of Object.entries(constructor.service)) methods.set(path, (request) => named[name]!(request));
    return remote;
  });
  const following = connect(contracts.OperationsClient, address, options);
  const ended = async (name: string): Promise<contracts.operations.Operation> => {
    const { operation } = await following.waitOperation({ name, timeoutMs: 120_000 }, { deadlineMs: 125_000 });
    if (operation?.error) throw errorOf(operation.error) ?? new Error(operation.error.message);
    return operation!;
  };
  const answer = async (path: string, request: unknown): Promise<unknown> => {
    const given = methods.get(path)!(request);
    if (Symbol.asyncIterator in given) {
      const answers: unknown[] = [];
      for await (const each of given) answers.push(each);
      return answers;
    }
    const response = (await given) as { operation?: contracts.operations.Operation };
    const starts = /\/(Start|Commit)/.test(path) && response.operation !== undefined;
    return starts ? { started: (await ended(response.operation!.name)).result } : response;
  };
  return {
    call: async (path, request) => {
      try {
        return { answer: asText(await answer(path, request)) };
      } catch (thrown) {
        const { reason, message, metadata } = FathomError.from(thrown);
        const { requestId: _differs, ...facts } = metadata;
        return { refusal: asText([reason, message, facts]) };
      }
    },
    close: () => {
      for (const remote of [...remotes, following]) remote.close();
    },
  };
}

function asText(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each instanceof Uint8Array ? each.length : each));
}

import { BadRequest, ErrorInfo, RetryInfo, type operations, Status } from '@fathom/contracts';
import type { ClientConstructor } from '@fathom/service-kit';
import { credentials, status, type ServiceError } from '@grpc/grpc-js';

/** What a client in any language is told of a refusal. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
  readonly domain: string;
  readonly message: string;
  readonly field: string | undefined;
  readonly retrySeconds: number | undefined;
}

/** Calls a method by grpc-js alone; the answer, or the error with its trailers. */
export async function call(client: ClientConstructor<never>, address: string, method: string, request: object): Promise<Record<string, never>> {
  const open = new client(address, credentials.createInsecure()) as unknown as { close(): void } & Record<
    string,
    (request: object, done: (error: ServiceError | null, answer: never) => void) => void
  >;
  try {
    return await new Promise((resolve, reject) => open[method]!(request, (error, answer) => (error ? reject(error) : resolve(answer))));
  } finally {
    open.close();
  }
}

/** The refusal in the trailers of a failed call. */
export function refusalOfCall(error: ServiceError): Refusal {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  return refusalOfStatus(Status.decode(bytes as Buffer));
}

/** The refusal that a failed operation tells. */
export function refusalOfOperation({ error }: operations.Operation): Refusal {
  return refusalOfStatus(error!);
}

function refusalOfStatus({ code, message, details }: Status): Refusal {
  const found = <T>(type: string, decode: (bytes: Uint8Array) => T): T | undefined => {
    const detail = details.find(({ typeUrl }) => typeUrl.endsWith(`/google.rpc.${type}`));
    return detail && decode(detail.value);
  };
  const info = found('ErrorInfo', (bytes) => ErrorInfo.decode(bytes));
  const retry = found('RetryInfo', (bytes) => RetryInfo.decode(bytes))?.retryDelay;
  return {
    code: status[code] ?? String(code),
    reason: info?.reason ?? '',
    domain: info?.domain ?? '',
    message,
    field: found('BadRequest', (bytes) => BadRequest.decode(bytes))?.fieldViolations[0]?.field,
    retrySeconds: retry && Number(retry.seconds),
  };
}

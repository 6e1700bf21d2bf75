import { InputError } from '@fathom/errors';

/** How gRPC says that what arrives is larger than the limit: "(size vs limit)", or the limit alone where it is compressed. */
const RECEIVED = /^Received message (?:larger than max \((\d+) vs\.? (\d+)\)|that decompresses to a size larger than (\d+))/;

/** The error behind gRPC's words for a message that is too large to read; undefined where they say something else. */
export function tooLarge(details: string, what: 'request' | 'response'): InputError | undefined {
  const found = RECEIVED.exec(details);
  if (!found) return undefined;
  const most = Number(found[2] ?? found[3]);
  return sizeError(what, most, found[1] === undefined ? undefined : Number(found[1]));
}

/** Throws an {@link InputError} where a message that is to be sent is larger than its receiver reads. */
export function checkSize(bytes: Uint8Array, what: 'request' | 'response', most: number): void {
  if (bytes.length > most) throw sizeError(what, most, bytes.length);
}

function sizeError(what: 'request' | 'response', most: number, bytes: number | undefined): InputError {
  return new InputError({
    field: what,
    problem: 'the message is too large',
    ...(bytes !== undefined && { value: `${bytes} bytes` }),
    accepted: `at most ${most} bytes${what === 'response' ? '; ask for less at once' : ''}`,
  });
}

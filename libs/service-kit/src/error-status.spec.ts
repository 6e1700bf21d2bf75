import { Status } from '@fathom/contracts';
import { FathomError, InputError, REASONS, type Reason } from '@fathom/errors';
import fc from 'fast-check';
import { CODE_OF_REASON, errorOf, packStatus, unpackStatus } from '@fathom/wire';
import { statusOf } from './error-status.js';

const sent = (thrown: unknown) => Status.decode(Status.encode(statusOf(thrown, 'id-1')).finish());
const text = fc.string({ unit: 'binary', minLength: 0, maxLength: 100 });

describe('the status of an error', () => {
  const reasons = (Object.keys(REASONS) as Reason[]).filter((reason) => reason !== 'INTERNAL');

  it.each(reasons)('carries %s with its code, message and metadata', (reason) => {
    const status = sent(new FathomError(reason, 'a sentence', { metadata: { key: 'a/b' } }));
    expect(status).toMatchObject({ code: CODE_OF_REASON[reason], message: 'a sentence' });
    expect(unpackStatus(status).info).toEqual({ reason, domain: 'fathom', metadata: { key: 'a/b' } });
    expect(errorOf(status)).toMatchObject({ reason, message: 'a sentence', metadata: { key: 'a/b' } });
  });

  it('says when to try again for exactly the reasons that pass', () => {
    const retried = reasons.filter((reason) => unpackStatus(sent(new FathomError(reason, ''))).retry?.retryDelay);
    expect(retried.sort()).toEqual(['RESOURCE_EXHAUSTED', 'STORE_UNAVAILABLE', 'UNAVAILABLE']);
  });

  it('says how long to wait, where that is known, and at least a second', () => {
    const delay = (retryAfterSeconds: string) =>
      unpackStatus(sent(new FathomError('RESOURCE_EXHAUSTED', '', { metadata: { retryAfterSeconds } }))).retry?.retryDelay?.seconds;
    expect(['17', '2.1', '0', '-4', 'soon'].map(delay)).toEqual([17n, 3n, 1n, 1n, 1n]);
  });

  it('names the field that is wrong', () => {
    const status = sent(new InputError({ field: 'probe.folds', problem: 'too few', value: 2, accepted: 'at least 3' }));
    expect(unpackStatus(status).badRequest?.fieldViolations).toEqual([
      {
        field: 'probe.folds',
        description: 'too few (got 2); accepted: at least 3',
        reason: 'INVALID_INPUT',
        localizedMessage: undefined,
      },
    ]);
  });

  it('hides everything about a defect but the id that the log has', () => {
    for (const thrown of [new TypeError('secret'), new FathomError('INTERNAL', 'secret', { metadata: { secret: 'secret' } }), 'secret', undefined]) {
      const status = sent(thrown);
      expect(status.message).toBe("an unexpected error; the server's log has it under id-1");
      expect(unpackStatus(status).info).toEqual({
        reason: 'INTERNAL',
        domain: 'fathom',
        metadata: { requestId: 'id-1' },
      });
      expect(Buffer.from(Status.encode(status).finish()).includes('secret')).toBe(false);
    }
  });

  it('stays small enough for any peer, and well-formed', () => {
    const long = '\u{1F600}'.repeat(3000);
    const metadata = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key${i}`, long]));
    const status = statusOf(new FathomError('NOT_FOUND', `x${long}`, { metadata }), 'id');
    expect(() => encodeURI(status.message)).not.toThrow();
    expect(Status.encode(status).finish().length).toBeLessThan(14_000);
    expect(errorOf(sent(new InputError({ field: 'f', problem: long, value: long, accepted: long })))).toBeInstanceOf(InputError);
  });

  it('gives back the input error that it was made of', () => {
    fc.assert(
      fc.property(text, text, text, fc.option(text, { nil: undefined }), (field, problem, accepted, value) => {
        const thrown = new InputError({ field, problem, accepted, ...(value !== undefined && { value }) });
        const { message, metadata } = thrown;
        const received = errorOf(sent(thrown)) as InputError;
        expect(received).toBeInstanceOf(InputError);
        expect({ message: received.message, metadata: received.metadata }).toEqual({ message, metadata });
      }),
    );
  });

  it('is not taken for ours where another domain or an unknown reason made it', () => {
    const made = (reason: string, domain: string) => packStatus(5, 'x', { info: { reason, domain, metadata: {} } });
    expect(errorOf(made('NOT_FOUND', 'fathom'))).toMatchObject({ reason: 'NOT_FOUND' });
    expect(errorOf(made('NOT_FOUND', 'googleapis.com'))).toBeUndefined();
    expect(errorOf(made('toString', 'fathom'))).toBeUndefined();
    expect(errorOf(packStatus(5, 'x', {}))).toBeUndefined();
  });
});

import { InputError } from '@fathom/errors';
import { checkRequest } from './request-limits.js';
import { operation, TestServers } from './test-server.fixture.js';

const servers = new TestServers();
afterEach(() => servers.closeAll());

const limits = { maxTextLength: 4, maxListLength: 3 };

describe('a request', () => {
  it('within the limits is taken', () => {
    checkRequest({ a: 'four', b: [1, 2, 3], c: { d: ['x'], e: undefined, f: null, g: 10n }, h: new Uint8Array(99) }, limits);
  });

  it.each<[string, object, string]>([
    ['a long text', { name: 'fives' }, 'name: is too long (got 5 characters); accepted: at most 4 characters'],
    ['a long text in a list', { taps: ['a', 'fives'] }, 'taps[1]: is too long (got 5 characters)'],
    ['a long text in a choice', { source: { $case: 'idx', value: { imagesPath: 'fives' } } }, 'idx.images_path: is too long'],
    ['a long text in an inner choice', { a: { source: { $case: 'theIdx', value: 'fives' } } }, 'a.the_idx: is too long'],
    ['a long list', { probe: { alphas: [1, 2, 3, 4] } }, 'probe.alphas: has too many entries (got 4 entries); accepted: at most 3 entries'],
    ['a long list of messages', { layers: [{}, {}, {}, {}] }, 'layers: has too many entries'],
  ])('with %s is refused, by its field', (_what, request, message) => {
    expect(() => checkRequest(request, limits)).toThrow(InputError);
    expect(() => checkRequest(request, limits)).toThrow(message);
  });

  it('has bounds for fields of some names, at any depth: of numbers, and of the entries of lists', () => {
    const bounded = { ...limits, maxListLength: 9, maxByField: new Map(Object.entries({ folds: 5, layers: 2, page_size: 7 })) };
    checkRequest({ folds: 5, probe: { folds: 5 }, layers: ['a', 'b'], pageSize: 7, others: [9, 9, 9], list: [{ folds: 1 }] }, bounded);
    const refused = (request: object, message: string) => expect(() => checkRequest(request, bounded)).toThrow(message);
    refused({ folds: 6 }, 'folds: is too large (got 6); accepted: at most 5');
    refused({ spec: { probe: { folds: 7 } } }, 'spec.probe.folds: is too large (got 7); accepted: at most 5');
    refused({ method: { $case: 'classNmf', value: { folds: 7 } } }, 'class_nmf.folds: is too large (got 7)');
    refused({ list: [{}, { folds: 8 }] }, 'list[1].folds: is too large (got 8)');
    refused({ pageSize: 8 }, 'page_size: is too large (got 8); accepted: at most 7');
    refused({ layers: ['a', 'b', 'c'] }, 'layers: has too many entries (got 3 entries); accepted: at most 2 entries');
  });

  it('over the limits of its server never reaches a handler', async () => {
    let handled = 0;
    const { remote } = await servers.start({
      limits: { maxTextLength: 20 },
      handlers: { getOperation: async ({ name }) => ((handled += 1), operation(name)) },
    });
    await remote.getOperation({ name: 'x'.repeat(20) });
    await expect(remote.getOperation({ name: 'x'.repeat(21) })).rejects.toMatchObject({ field: 'name', accepted: 'at most 20 characters' });
    expect(handled).toBe(1);
  });
});

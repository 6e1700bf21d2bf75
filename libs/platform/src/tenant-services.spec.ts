import { OperationsService, operations } from '@fathom/contracts';
import { implement, type CallContext, type Implementation } from '@fathom/service-kit';
import { tenantServices } from './tenant-services.js';
import type { OpenTenant } from './tenants.js';

const answer = (name: string) => ({ operation: operations.Operation.create({ name }) });
const opened = new Map<string, OpenTenant>();
/** Services that answer with the name of their tenant, and fail where they are asked for "no". */
function open(tenant: string): OpenTenant {
  const get = async ({ name }: { name: string }) => {
    if (name === 'no') throw new Error(`none of ${tenant}`);
    return answer(tenant);
  };
  const handlers: Implementation<typeof OperationsService> = {
    getOperation: get,
    waitOperation: get,
    cancelOperation: get,
    listOperations: async () => ({ operations: [], nextPageToken: tenant }),
    watchOperation: async function* ({ name }) {
      yield answer(tenant);
      if (name === 'no') throw new Error(`none of ${tenant}`);
      yield answer(tenant);
    },
  };
  return { platform: undefined as never, services: [implement(OperationsService, handlers)], calls: 0 };
}
const of = (tenant: string): OpenTenant => {
  const found = opened.get(tenant) ?? open(tenant);
  opened.set(tenant, found);
  return found;
};
const [service] = tenantServices(of('any').services, { of });
const call = (method: string, tenant: string, name: string): unknown =>
  service!.implementation[method]!({ name }, { caller: { tenant, subject: 's', scopes: [] } } as unknown as CallContext);
const callsOf = (tenant: string): number => of(tenant).calls;

it("a call is answered by the services of its caller's tenant, and counted while it is", async () => {
  const answering = call('getOperation', 'a', 'x');
  expect([callsOf('a'), callsOf('b')]).toEqual([1, 0]);
  expect(await answering).toEqual(answer('a'));
  expect(await call('getOperation', 'b', 'x')).toEqual(answer('b'));
  await expect(call('getOperation', 'b', 'no')).rejects.toThrow('none of b');
  expect([callsOf('a'), callsOf('b')]).toEqual([0, 0]);
});

it('so is a stream, until it ends, fails, or its reader leaves', async () => {
  const stream = (name: string) => (call('watchOperation', 'a', name) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  const whole = stream('x');
  expect(await whole.next()).toEqual({ done: false, value: answer('a') });
  expect(callsOf('a')).toBe(1);
  const [failing, left] = [stream('no'), stream('x')];
  await failing.next();
  await left.next();
  expect(callsOf('a')).toBe(3);
  await expect(failing.next()).rejects.toThrow('none of a');
  await left.return?.();
  expect(callsOf('a')).toBe(1);
  await whole.next();
  expect(await whole.next()).toMatchObject({ done: true });
  expect(callsOf('a')).toBe(0);
});

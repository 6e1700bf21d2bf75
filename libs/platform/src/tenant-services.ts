import type { BoundService, UntypedHandler } from '@fathom/service-kit';
import type { OpenTenant, Tenants } from './tenants.js';

/**
 * The services of all tenants as one server offers them: every call is answered by the handlers that were made for its caller's tenant,
 * which know nothing of any other.
 *
 * @param offered the services of any tenant: all have the same
 */
export function tenantServices(offered: readonly BoundService[], tenants: Pick<Tenants, 'of'>): BoundService[] {
  return offered.map(({ name, definition }, index) => {
    const handlerOf = ({ services }: OpenTenant, method: string): UntypedHandler => {
      const { implementation } = services[index]!;
      return implementation[method]!.bind(implementation);
    };
    const unary = (method: string): UntypedHandler =>
      async function (request, context) {
        const tenant = tenants.of(context.caller.tenant);
        tenant.calls += 1;
        try {
          return await (handlerOf(tenant, method)(request, context) as Promise<unknown>);
        } finally {
          tenant.calls -= 1;
        }
      };
    const stream = (method: string): UntypedHandler =>
      async function* (request, context) {
        const tenant = tenants.of(context.caller.tenant);
        tenant.calls += 1;
        try {
          yield* handlerOf(tenant, method)(request, context) as AsyncIterable<unknown>;
        } finally {
          tenant.calls -= 1;
        }
      };
    const handlers = Object.entries(definition).map(([method, { responseStream }]) => [method, responseStream ? stream(method) : unary(method)]);
    return { name, definition, implementation: Object.fromEntries(handlers) as Record<string, UntypedHandler> };
  });
}

import { connect as connectUntraced, type ClientConstructor, type ConnectOptions, type Remote, type ServiceShape } from '@fathom/wire';
import { tracedCalls } from './call-span.js';

/** {@link connectUntraced} of `@fathom/wire`, with calls in the trace of what runs. */
export function connect<S extends ServiceShape>(constructor: ClientConstructor<S>, address: string, options: ConnectOptions = {}): Remote<S> {
  return connectUntraced(constructor, address, { ...options, interceptors: [tracedCalls] });
}

import { FathomError } from '@fathom/errors';
import type { ClientConstructor, ConnectOptions, MethodShape } from '@fathom/wire';
import { makeGenericClientConstructor } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { connect } from './connect.js';

interface HealthShape {
  readonly Check: MethodShape & {
    readonly requestStream: false;
    readonly responseStream: false;
    readonly requestDeserialize: (bytes: Buffer) => { service: string };
    readonly responseDeserialize: (bytes: Buffer) => { status: string };
  };
}

const HealthClient = makeGenericClientConstructor(service, 'Health') as unknown as ClientConstructor<HealthShape & Record<string, MethodShape>>;

/** What a server says of itself. */
export type Serving = 'serving' | 'not serving' | 'unreachable';

/** Asks servers how they are, over connections that stay. */
export class HealthClients {
  private readonly open = new Map<string, ReturnType<typeof connect<HealthShape & Record<string, MethodShape>>>>();

  constructor(private readonly options: ConnectOptions = {}) {}

  /** How the server at the address is. Never rejects; what gives no answer in time is unreachable. */
  async check(address: string, name = ''): Promise<Serving> {
    let client = this.open.get(address);
    if (client === undefined) this.open.set(address, (client = connect(HealthClient, address, this.options)));
    try {
      const { status } = await client.Check({ service: name });
      return status === 'SERVING' ? 'serving' : 'not serving';
    } catch (error) {
      return FathomError.from(error).reason === 'NOT_FOUND' ? 'not serving' : 'unreachable';
    }
  }

  close(): void {
    for (const client of this.open.values()) client.close();
    this.open.clear();
  }
}

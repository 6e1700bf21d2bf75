import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/** Answers grpc.health.v1.Health for each service and, under the empty name, for the server. */
export class Health {
  readonly #names: readonly string[];
  readonly #implementation: HealthImplementation;

  constructor(services: readonly string[]) {
    this.#names = ['', ...services];
    this.#implementation = new HealthImplementation(Object.fromEntries(this.#names.map((name) => [name, 'NOT_SERVING'])));
  }

  addTo(server: Server): void {
    this.#implementation.addToServer(server);
  }

  /** Tells everybody who asks or watches. */
  setServing(serving: boolean): void {
    for (const name of this.#names) this.#implementation.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  }
}

/** Full name of the health service. */
export const HEALTH_SERVICE = 'grpc.health.v1.Health';

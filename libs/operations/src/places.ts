import { Admission, type AdmissionLimits, type Ticket } from './admission.js';
import { processClock, type MonotonicClock } from './monotonic-clock.js';
import type { Startable } from './startable.js';

/** The places that operations run in, of all runners of a process together. */
export class Places {
  private readonly ordinary: Admission;
  /** Work that waits for other operations has places of its own, or all would wait for each other's. */
  private readonly coordinating: Admission;

  constructor(limits: AdmissionLimits, clock: MonotonicClock = processClock) {
    this.ordinary = new Admission(limits, clock);
    this.coordinating = new Admission(limits, clock);
  }

  /** A place for an operation, now or later. @throws FathomError RESOURCE_EXHAUSTED with `retryAfterSeconds` where there is none */
  ticket({ tenant, coordinates }: Startable): Ticket {
    return (coordinates ? this.coordinating : this.ordinary).ticket(tenant);
  }
}

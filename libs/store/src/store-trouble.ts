import { channel } from 'node:diagnostics_channel';

/** A call of a store that was not answered as it should have been, and is made again. */
export interface StoreTrouble {
  /** Name of the store. */
  readonly store: string;
  /** "storing <key>". */
  readonly doing: string;
  /** What happened, in words. */
  readonly problem: string;
}

/** Where each {@link StoreTrouble} of a thread is told, for logs. */
export const STORE_TROUBLE_CHANNEL = 'fathom:store-trouble';
const TROUBLE = channel(STORE_TROUBLE_CHANNEL);

/** Tells of a call that is made again. */
export function tellStoreTrouble(trouble: StoreTrouble): void {
  TROUBLE.publish(trouble);
}

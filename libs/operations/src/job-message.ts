import type { Json } from '@fathom/tensors';

/** What a thread answers that was to run a part, and found it finished. */
export const FOUND = 'found';

/** What a worker thread is asked to do. */
export interface JobMessage {
  readonly job: string;
  readonly requestDigest: string;
  readonly request: Json;
  /** Who asked, and whose part of the store it is about, where each tenant has one; threads are shared between tenants. */
  readonly tenant: string;
  readonly action:
    | { readonly type: 'plan' }
    /** `mayBeThere`: whoever had the operation before may have finished the part since it was looked for. @default false */
    | { readonly type: 'part'; readonly part: string; readonly mayBeThere?: boolean }
    | { readonly type: 'finish'; readonly parts: readonly string[] };
  /** Whether it is for the thread that has a crew. */
  readonly crewed: boolean;
  /** One Int32; not 0 means stop. */
  readonly cancelFlag: SharedArrayBuffer;
  /** One Int32: how much of the action is done, in millionths. The thread writes it. */
  readonly done: SharedArrayBuffer;
}

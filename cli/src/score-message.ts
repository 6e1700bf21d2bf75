import type { EngineName } from '@fathom/engines';
import type { Reason } from '@fathom/errors';

/** What the thread that scores has to know. */
export interface ScoreTask {
  readonly folder: string;
  /** Of the fixed point, 16 or 24. */
  readonly bits: 16 | 24;
  /** Threads of its crew. */
  readonly threads: number;
  readonly engine: EngineName;
  /** One Int32; not 0 means stop. */
  readonly cancelFlag: SharedArrayBuffer;
}

/** What the thread that scores tells the command, in this order: what it opened, how far it is, and the scores or an error. */
export type ScoreMessage =
  | { readonly type: 'opened'; readonly layers: readonly string[]; readonly checkpoints: readonly string[]; readonly features: number }
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  | { readonly type: 'scores'; readonly json: string }
  | { readonly type: 'error'; readonly reason: Reason; readonly message: string; readonly metadata: Readonly<Record<string, string>> };

import type { EngineFacts } from '@fathom/exact';

/** What a hand of a crew is asked: who its engine is, or to do a task. */
export type CrewWork =
  { readonly type: 'facts' } | { readonly type: 'task'; readonly module: string; readonly name: string; readonly input: unknown };

/** What it answers, with the engine that it works with. */
export interface CrewResult {
  readonly engine: EngineFacts;
  /** What the task returned. */
  readonly output?: unknown;
}

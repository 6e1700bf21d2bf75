import type { ArtifactStore, ShardRecord } from '@fathom/artifacts';
import type { Control } from '@fathom/errors';
import type { Crew } from '@fathom/exact';
import type { Json, Tensor } from '@fathom/tensors';
import type { InputLimits } from './input-limits.js';
import type { KeptCodes } from './kept-codes.js';
import type { KeptEncoder } from './kept-encoder.js';
import type { OpenNetworks } from './open-networks.js';
import type { TriedNetworks } from './tried-networks.js';

/** What a job may use while it runs. */
export interface JobContext {
  /** Where artifacts are read and written. */
  readonly artifacts: ArtifactStore;
  /** What is asked before a network is run that others have made. */
  readonly tried: TriedNetworks;
  /** Networks that are ready to run. */
  readonly networks: OpenNetworks;
  /** Codes that the last parts probed. */
  readonly codes: KeptCodes;
  /** The encoder that the last parts used. */
  readonly encoder: KeptEncoder;
  /** Cancellation and progress of the part that runs. */
  readonly control: Control;
  /** Who computes: all threads where the job is crewed, else this one. */
  readonly crew: Crew;
  /** How large may be what is registered and made. */
  readonly limits: InputLimits;
}

/** Lets go of what parts have left behind for the next: up to gigabytes. */
export function releaseKept({ codes, encoder }: JobContext): void {
  codes.release();
  encoder.release();
}

/** What a job makes: shards that its parts have stored already, or a few small tensors. */
export type JobOutput = { readonly kind: string; readonly attributes: Json } & (
  { readonly shards: readonly ShardRecord[] } | { readonly tensors: readonly Tensor[] }
);

/**
 * A piece of work over artifacts, cut into parts that can run anywhere, in any order, and are never run twice:
 * the JSON that a part returns is stored, so that an interrupted job goes on where it was.
 */
export interface Job<Request> {
  /** Unique name, such as "activation.extract". */
  readonly name: string;
  /** Goes up whenever the job makes other numbers of the same request, so that a store does not answer with those of before. From 1. */
  readonly revision: number;
  /** Whether a part (and `finish`) keeps all threads busy by its crew; then one runs at a time. @default false */
  readonly crewed?: true;
  /** Whether integers are multiplied for it, as for all crewed jobs, so that provenance names who did. @default false */
  readonly multiplies?: true;
  /** What the result's bits depend on (docs/measures.md §10.1). */
  readonly determinism: 'PORTABLE' | 'ENGINE';
  /** JSON form of the request and back. */
  readonly codec: { toJSON(request: Request): unknown; fromJSON(json: unknown): Request };
  /** The request with every default filled in. Throws an InputError that names a wrong field. Reads nothing. */
  normalise(request: Request): Request;
  /** Content digests of all artifacts that a normalised request names. */
  inputs(request: Request): readonly string[];
  /** Checks the request against its inputs and names the parts, in the order in which `finish` gets their results. */
  plan(request: Request, context: JobContext): Promise<readonly string[]>;
  /** Runs one part. Its result must be plain JSON with finite numbers. */
  runPart(request: Request, part: string, context: JobContext): Promise<Json>;
  /** Puts the parts together. */
  finish(request: Request, parts: readonly Json[], context: JobContext): Promise<JobOutput>;
}

/** A job that is one piece: no parts, all in `finish`. */
export const wholeJob = {
  plan: (): Promise<readonly string[]> => Promise.resolve([]),
  runPart: (_request: unknown, part: string): Promise<Json> => Promise.reject(new Error(`this job has no part ${part}`)),
};

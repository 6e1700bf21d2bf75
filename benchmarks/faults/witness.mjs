/** Loaded into a service before its own code: writes a line to a file for every piece of work that its threads have ended. */
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

// The monotonic clock is one for all processes of a machine.
if (isMainThread)
  subscribe('fathom:work', ({ job, action, operation, part, seconds, failure }) => {
    const ended = Number(process.hrtime.bigint()) / 1e9;
    appendFileSync(process.env.FATHOM_WITNESS, `${JSON.stringify({ job, action, operation, part, begun: ended - seconds, ended, failure })}\n`);
  });

import { workerData } from 'node:worker_threads';

/** Ends the process of a trial, whose main thread may be inside native code, once the process that wanted to know is gone. */
const { parent } = workerData as { readonly parent: number };
setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGKILL'), 200);

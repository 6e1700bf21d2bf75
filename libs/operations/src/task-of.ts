import { createRequire } from 'node:module';
import { FathomError } from '@fathom/errors';
import type { Task } from '@fathom/exact';

const load = createRequire(__filename);
const known = new Map<string, Task<unknown, unknown>>();

/** The task of that name that a module exports. @throws FathomError INTERNAL where there is none */
export function taskOf({ module, name }: Pick<Task<unknown, unknown>, 'module' | 'name'>): Task<unknown, unknown> {
  const key = `${module}\n${name}`;
  let task = known.get(key);
  if (task === undefined) {
    task = Object.values(load(module) as Record<string, unknown>).find((value) => isTask(value, name));
    if (task === undefined) throw new FathomError('INTERNAL', `${module} exports no task "${name}"`);
    known.set(key, task);
  }
  return task;
}

function isTask(value: unknown, name: string): value is Task<unknown, unknown> {
  return typeof value === 'object' && value !== null && 'run' in value && typeof value.run === 'function' && 'name' in value && value.name === name;
}

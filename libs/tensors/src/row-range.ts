import { InputError } from '@fathom/errors';

/** Refuses rows that are not there. @throws InputError unless 0 ≤ start ≤ end ≤ rows, both integers. */
export function checkRowRange(name: string, start: number, end: number, rows: number): void {
  if (Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= rows) return;
  throw new InputError({ field: name, problem: 'no such rows', value: `${start} to ${end}`, accepted: `0 ≤ start ≤ end ≤ ${rows}` });
}

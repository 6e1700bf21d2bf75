import { InputError } from '@fathom/errors';

/** The size of a page that a request asks for: 1 to 1000, 0 for 100. */
export function pageSizeOf(asked: number): number {
  if (asked === 0) return 100;
  if (asked < 1 || asked > 1000)
    throw new InputError({ field: 'page_size', problem: 'is out of range', value: asked, accepted: 'a whole number from 1 to 1000, or 0 for 100' });
  return asked;
}

/** Checks a page token: empty, or what a page before returned. */
export function pageTokenOf(token: string, pattern: RegExp): string {
  if (token !== '' && !pattern.test(token))
    throw new InputError({
      field: 'page_token',
      problem: 'is no token of a page',
      value: token,
      accepted: 'next_page_token of the page before, or nothing',
    });
  return token;
}

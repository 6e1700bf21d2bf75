import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testFolder } from './run-fathom.fixture.js';
import { tenantInToken } from './tenant-in-token.js';

const file = join(testFolder(), 'token');
const told = (text: string): string | undefined => {
  writeFileSync(file, text);
  return tenantInToken(file);
};
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

it('a token names a tenant; what is no token names none', () => {
  expect(told(`${part({ alg: 'none' })}.${part({ tenant: 'team-a' })}.x\n`)).toBe('team-a');
  for (const text of ['', 'x', 'a.b.c', `a.${part({})}.c`, `a.${part({ tenant: 7 })}.c`, `a.${part(null)}.c`]) expect(told(text)).toBeUndefined();
  expect(tenantInToken(join(file, 'none'))).toBeUndefined();
});

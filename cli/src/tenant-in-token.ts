import { readFileSync } from 'node:fs';

/**
 * The tenant that a token names, as its bearer reads it, who trusts it; undefined where the file holds no token with one, of which services
 * tell when it is shown to them.
 */
export function tenantInToken(file: string): string | undefined {
  try {
    const payload = readFileSync(file, 'utf8').split('.')[1] ?? '';
    const { tenant } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { tenant?: unknown };
    return typeof tenant === 'string' ? tenant : undefined;
  } catch {
    return undefined;
  }
}

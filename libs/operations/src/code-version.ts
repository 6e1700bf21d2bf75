import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Version of the code, as provenance records it: the version of this package. */
export const CODE_VERSION: string = (JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')) as { version: string }).version;

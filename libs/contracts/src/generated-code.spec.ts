import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { activation, FILE_DESCRIPTORS, operations, OperationsService } from './index.js';

const root = resolve(__dirname, '../../..');
const generated = 'libs/contracts/src/gen';
const forPython = 'clients/python/fathom/contracts.binpb';

function filesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name).slice(folder.length + 1)).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

describe('the generated code', () => {
  it('is what proto/ says; where it is stale, run `npm run generate`', () => {
    const fresh = mkdtempSync(join(tmpdir(), 'fathom-contracts-'));
    try {
      execFileSync(process.execPath, [join(root, 'tools/generate-contracts.js'), fresh], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [committed, expected] = [filesOf(join(root, generated)), filesOf(join(fresh, generated))];
      expect(Object.keys(committed)).toEqual(Object.keys(expected));
      expect(Object.keys(expected).filter((path) => committed[path] !== expected[path])).toEqual([]);
      expect(readFileSync(join(root, forPython)).equals(readFileSync(join(fresh, forPython)))).toBe(true);
    } finally {
      rmSync(fresh, { recursive: true });
    }
  });

  it('describes every proto file after those that it imports', () => {
    const names = Object.keys(FILE_DESCRIPTORS);
    expect(names).toEqual(expect.arrayContaining(['fathom/activation/v1/activation.proto', 'google/rpc/status.proto']));
    for (const [name, base64] of Object.entries(FILE_DESCRIPTORS)) {
      const text = Buffer.from(base64, 'base64').toString('latin1');
      const imported = names.filter((other) => other !== name && text.includes(other));
      expect(imported.every((other) => names.indexOf(other) < names.indexOf(name))).toBe(true);
    }
  });

  it('names services as the contracts do', () => {
    expect(OperationsService.watchOperation.path).toBe('/fathom.operations.v1.OperationsService/WatchOperation');
    expect(activation.ActivationServiceClient.serviceName).toBe('fathom.activation.v1.ActivationService');
  });

  it('reads and writes messages, and takes enumerations from JSON by name', () => {
    const message = operations.Operation.fromJSON({ name: 'operations/1', state: 'OPERATION_STATE_RUNNING' });
    expect(message).toMatchObject({
      name: 'operations/1',
      state: operations.OperationState.RUNNING,
      progress: undefined,
    });
    expect(operations.Operation.decode(operations.Operation.encode(message).finish())).toEqual(message);
  });
});

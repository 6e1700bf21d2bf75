import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expectComplaint, fathom, testFolder } from './run-fathom.fixture.js';

const root = testFolder();
const config = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(root, name), content);
  return join(root, name);
};

/** A network that can be read, of a version of the operators that nobody knows. */
const unknownOperators = (): Uint8Array => {
  const bytes = readFileSync(resolve(__dirname, '../../libs/engines/fixtures/two-blocks.onnx'));
  bytes[bytes.length - 1] = 99;
  return bytes;
};

interface Case {
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  readonly says: readonly string[];
  readonly code?: number;
}

const LIST = ['artifacts', 'ls'];

const CASES: Readonly<Record<string, Case>> = {
  'an unknown command': { args: ['dance'], says: ["unknown command 'dance'", 'demo, study, score, serve, top, models, artifacts'] },
  'an unknown sub-command': { args: ['study', 'dance'], says: ["unknown command 'dance'", 'run, watch, show, verify'] },
  'an unknown option': { args: ['demo', '--fast'], says: ["unknown option '--fast'", '--full', '--store'] },
  'an argument too many': { args: ['demo', 'now'], says: ['too many arguments', 'now'] },
  'an argument too few': { args: ['study', 'run'], says: ["missing required argument 'file'", 'fathom study run --help'] },
  'an option without its value': { args: ['demo', '--out'], says: ['--out <folder>', 'argument missing'] },
  'score without --out': { args: ['score', '.'], says: ["required option '--out <file>'"] },
  'nine controls': { args: ['demo', '--controls', '9'], says: ['--controls', 'got 9', '1, 2 or 3'] },
  'no threads': { args: [...LIST, '--threads', '0'], says: ['--threads', 'got 0', 'from 1 to 256'] },
  'threads as a word': { args: [...LIST, '--threads', 'many'], says: ['--threads', 'got many'] },
  'threads of the environment': { args: LIST, env: { FATHOM_THREADS: '0' }, says: ['threads', 'got 0', '1 to 256'] },
  'an unknown engine': { args: [...LIST, '--engine', 'abacus'], says: ['engine', 'got abacus', 'onnxruntime, tensorflow, reference'] },
  'an engine of the environment': { args: LIST, env: { FATHOM_ENGINE: 'abacus' }, says: ['engine', 'got abacus'] },
  'a store of another kind': { args: [...LIST, '--store', 'ftp://host/x'], says: ['store', 'ftp://host/x', 's3://bucket/prefix'] },
  's3 without credentials': { args: [...LIST, '--store', 's3://bucket/x'], says: ['store', 's3://bucket/x', 'accessKey'] },
  'a configuration that is not there': { args: [...LIST, '--config', join(root, 'none.json')], says: ['none.json'], code: 3 },
  'a configuration that is no JSON': { args: [...LIST, '--config', config('bad.json', '{')], says: ['bad.json', 'not JSON'] },
  'a configuration with an unknown key': {
    args: [...LIST, '--config', config('key.json', '{"stor": "x"}')],
    says: ['stor', 'no setting', 'store, tenant, threads'],
  },
  'a configuration with an unknown service': {
    args: [...LIST, '--config', config('service.json', '{"addresses": {"magic": "x"}}')],
    says: ['addresses.magic', 'activation, dictionary'],
  },
  'an unknown study': { args: ['study', 'verify', 'none', '--store', join(root, 'empty')], says: ['no study "none"', 'study show'], code: 3 },
  'watching an unknown study': { args: ['study', 'watch', 'none', '--store', join(root, 'empty')], says: ['no study "none"'], code: 3 },
  'a network that is not there': { args: ['models', 'describe', join(root, 'none.onnx')], says: ['none.onnx'], code: 3 },
  'a network that is none': { args: ['models', 'describe', config('text.onnx', 'text')], says: ['text.onnx', 'ONNX'] },
  'a network that cannot be run': {
    args: ['models', 'describe', config('opset.onnx', unknownOperators())],
    says: ['opset.onnx', 'onnxruntime refuses it'],
  },
  'a folder in place of a network': { args: ['models', 'describe', root], says: [root, 'is no file'] },
};

test.concurrent.each(Object.entries(CASES))('%s: one line and the exit code', async (_name, { args, env = {}, says, code = 2 }) => {
  const ended = await fathom(args, { env, cwd: root });
  expectComplaint(ended, code, says);
  expect(ended.out).toBe('');
});

test.each([
  [['--threads', '0', ...LIST], 2, 'INVALID_INPUT'],
  [['dance'], 2, 'INVALID_INPUT'],
  [['study', 'show', 'none', '--store', join(root, 'empty')], 3, 'NOT_FOUND'],
])('with --json the error is JSON too: %j', async (args, code, reason) => {
  const { code: ended, err, out } = await fathom([...args, '--json'], { cwd: root });
  expect([ended, out, JSON.parse(err)]).toEqual([code, '', { error: { reason, message: expect.any(String), metadata: expect.any(Object) } }]);
});

test('the option wins over the environment, which wins over the file', async () => {
  const file = config('store.json', JSON.stringify({ store: 'ftp://file/x' }));
  const complaint = async (args: readonly string[], env: Record<string, string>): Promise<string> =>
    (await fathom([...LIST, '--config', file, ...args], { env, cwd: root })).err;
  expect(await complaint([], {})).toContain('ftp://file/x');
  expect(await complaint([], { FATHOM_STORE: 'ftp://environment/x' })).toContain('ftp://environment/x');
  expect(await complaint(['--store', 'ftp://option/x'], { FATHOM_STORE: 'ftp://environment/x' })).toContain('ftp://option/x');
});

test('an empty store has no study and no artifact, and is not made by looking', async () => {
  const store = join(root, 'looked-at');
  expect(await fathom(['study', 'show', '--store', store])).toMatchObject({ code: 0, out: 'there is no study in this store\n' });
  expect(JSON.parse((await fathom(['study', 'show', '--store', store, '--json'])).out)).toEqual([]);
  expect(JSON.parse((await fathom([...LIST, '--store', store, '--json'])).out)).toEqual([]);
});

test('--version is the version of the package', async () => {
  const { code, out } = await fathom(['--version']);
  expect([code, out]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
});

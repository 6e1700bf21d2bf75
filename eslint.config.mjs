import nx from '@nx/eslint-plugin';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import jsonParser from 'jsonc-eslint-parser';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import js from '@eslint/js';

/** What may import what (ARCHITECTURE.md): data goes one way, and a library never imports a service. */
const BOUNDARIES = [
  { sourceTag: 'type:pure', onlyDependOnLibsWithTags: ['type:pure'] },
  { sourceTag: 'type:contract', onlyDependOnLibsWithTags: ['type:contract'] },
  { sourceTag: 'type:io', onlyDependOnLibsWithTags: ['type:pure', 'type:contract', 'type:io'] },
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: ['type:pure', 'type:contract', 'type:io'] },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:pure', 'type:contract', 'type:io', 'type:service'] },
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:tool'] },
  { sourceTag: 'scope:lib', onlyDependOnLibsWithTags: ['scope:lib'] },
  { sourceTag: 'scope:service', onlyDependOnLibsWithTags: ['scope:lib'] },
  { sourceTag: 'scope:report', onlyDependOnLibsWithTags: ['scope:lib'] },
  { sourceTag: 'scope:app', onlyDependOnLibsWithTags: ['scope:lib', 'scope:service', 'scope:report'] },
  { sourceTag: 'scope:tool', onlyDependOnLibsWithTags: ['scope:tool'] },
];

/** A test may start the other services too. */
const TEST_BOUNDARIES = BOUNDARIES.map(({ sourceTag, onlyDependOnLibsWithTags: allowed }) => ({
  sourceTag,
  onlyDependOnLibsWithTags: ['type:service', 'scope:service'].includes(sourceTag) ? [...allowed, sourceTag] : allowed,
}));

const RANDOM = { object: 'Math', property: 'random', message: 'Use Prng of @fathom/exact with an explicit seed.' };
const CLOCK = { object: 'Date', property: 'now', message: 'No clock in results. A file that measures a deadline is listed in eslint.config.mjs.' };
/** Their last bits differ between machines and versions. */
const UNPORTABLE = [
  'exp',
  'expm1',
  'log',
  'log1p',
  'log2',
  'log10',
  'pow',
  'cbrt',
  'hypot',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'atan2',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
];

const DATE = [
  { selector: "NewExpression[callee.name='Date']", message: 'No date in results.' },
  { selector: "CallExpression[callee.name='Date']", message: 'No date in results.' },
];
const POWER = {
  selector: ":matches(BinaryExpression[operator='**'], AssignmentExpression[operator='**=']):not([right.raw=/^[0-9]+$/])",
  message: 'Not the same bits everywhere: only whole literal powers.',
};

/** In a package's bundle, or for tests only: development dependencies. */
const BUNDLED_OR_TEST = ['@observablehq/plot', 'fast-check', 'playwright-core'];
/** Looked for while Fathom runs. */
const FOUND_AT_RUN_TIME = ['@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];

export default defineConfig(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '.nx/',
      '.cache/',
      '.fathom/',
      'fathom-report/',
      'libs/contracts/src/gen/',
      'libs/kernels/src/gen/',
      'libs/kernels/assembly/',
      '**/fixtures/',
      '**/golden/',
    ],
  },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { 'import-x': importX, '@nx': nx },
    languageOptions: {
      // Whole programs rather than the project service: specs and fixtures are in no package's own project.
      parserOptions: { project: ['./tsconfig.spec.json', './report/tsconfig.spec.json'], tsconfigRootDir: import.meta.dirname },
    },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/ignore': ['/dist/', '/node_modules/'],
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@nx/enforce-module-boundaries': ['error', { depConstraints: BOUNDARIES }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' }],
      // `arr[i]!` is how the hot loops on typed arrays read under noUncheckedIndexedAccess.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      // A port's method is async so that what it throws is a rejection, also where an adapter has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Files, sockets and callers in JavaScript do not always hold what their type says.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-useless-default-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // `cause: NodeJS.ErrnoException` where only the file system can fail.
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      // `known<Case>('name.json')` says what a file holds.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unnecessary-type-arguments': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-properties': ['error', RANDOM, CLOCK],
      'no-restricted-syntax': ['error', ...DATE],
    },
  },
  {
    files: ['libs/{exact,measures,dictionaries}/src/**/*.ts'],
    ignores: ['**/*.{spec,fixture}.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        RANDOM,
        CLOCK,
        ...UNPORTABLE.map((property) => ({ object: 'Math', property, message: 'Not the same bits everywhere.' })),
      ],
      'no-restricted-syntax': ['error', ...DATE, POWER],
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*', '@grpc/*'], message: 'Numbers are computed without input, output or a clock.' }] },
      ],
    },
  },
  {
    // Deadlines, and the age of temporary files and of uploads.
    files: [
      'libs/service-kit/src/call-context.ts',
      'libs/wire/src/connect.ts',
      'libs/store/src/temporary-files.ts',
      'services/activation/src/upload-service.ts',
      'cli/src/garbage-command.ts',
    ],
    rules: { 'no-restricted-properties': ['error', RANDOM] },
  },
  {
    // A signed request names the time from which it holds, and a store may have another time than this machine.
    files: ['libs/store/src/store-time.ts'],
    rules: { 'no-restricted-syntax': 'off', 'no-restricted-properties': ['error', RANDOM] },
  },
  {
    files: ['{cli,tools,benchmarks}/**', '**/*.{spec,fixture}.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.{spec,fixture}.ts'],
    rules: {
      // A spec may start its own package's built files in a process of their own.
      '@nx/enforce-module-boundaries': ['error', { depConstraints: TEST_BOUNDARIES, allowCircularSelfDependency: true }],
      // Jest's matchers are of type any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // process.umask(mask) is taken for the deprecated call without a mask.
      '@typescript-eslint/no-deprecated': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // A package names what it imports, and nothing else.
    files: ['{libs,services}/*/package.json', 'cli/package.json', 'report/package.json'],
    plugins: { '@nx': nx },
    languageOptions: { parser: jsonParser },
    rules: {
      '@nx/dependency-checks': [
        'error',
        { checkVersionMismatches: false, ignoredFiles: ['{projectRoot}/build.mjs'], ignoredDependencies: [...BUNDLED_OR_TEST, ...FOUND_AT_RUN_TIME] },
      ],
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: {
        __dirname: 'readonly',
        AbortController: 'readonly',
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        globalThis: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
  },
  {
    files: ['**/*.js'],
    languageOptions: { sourceType: 'commonjs' },
  },
);

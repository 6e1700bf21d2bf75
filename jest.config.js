// Tests see a copy of the environment, so libs/engines cannot set it for native code here.
process.env.ORT_DISABLE_TELEMETRY = '1';

/** Packages see each other through their built files (as users do); a package's own sources are compiled on the fly. */
module.exports = {
  testEnvironment: '<rootDir>/tools/jest-environment.js',
  testMatch: ['<rootDir>/{libs,services,cli,report,models,benchmarks,tools,deploy}/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/package.json', '<rootDir>/.nx/'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } }] },
  transformIgnorePatterns: ['/node_modules/', '/dist/'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 60_000,
};

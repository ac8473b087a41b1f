import { COMPILER_OPTIONS } from './scripts/typescript/compiler-options.mjs';

const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', COMPILER_OPTIONS] },
  moduleNameMapper: {
    '^@app/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.bodega/'],
};

/** Rings of style.md section 7: `unit` touches nothing outside the process; `system` has a real Postgres and S3. */
export default {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/libs/**/*.spec.ts', '<rootDir>/apps/**/*.spec.ts', '<rootDir>/samples/**/*.spec.ts'],
    },
    {
      ...common,
      displayName: 'system',
      globalSetup: '<rootDir>/test/support/global-setup.mjs',
      globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
      testMatch: ['<rootDir>/test/**/*.spec.ts', '<rootDir>/test/**/*.int-spec.ts', '<rootDir>/test/**/*.e2e-spec.ts'],
      testPathIgnorePatterns: ['/node_modules/'],
    },
  ],
  maxWorkers: 2,
  testSequencer: '<rootDir>/scripts/rings-outside-in.mjs',
  // Whole markets are opened and closed in hooks, on machines that do other things too.
  testTimeout: 120_000,
};

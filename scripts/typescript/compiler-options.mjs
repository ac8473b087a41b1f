/**
 * How a TypeScript source of ours becomes JavaScript, wherever it runs: as a program, or in a test. Types are not
 * checked here; that is `npm run types`. Decorators keep the types of what they decorate, for Nest and TypeORM.
 */
export const COMPILER_OPTIONS = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'es6' },
};

import tseslint from 'typescript-eslint';

/** The rules of style.md that a machine can keep. Boundaries between libraries are dependency-cruiser's (.dependency-cruiser.cjs). */
export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.bodega/', 'coverage/', 'samples/{sorting,grasping,placement}/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/no-empty-object-type': 'off',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-warning-comments': ['error', { terms: ['fixme', 'xxx'], location: 'start' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'ExportAllDeclaration', message: 'Name what leaves: no `export *`.' },
      ],
    },
  },
  {
    files: ['libs/**/*.ts', 'apps/api/**/*.ts', 'apps/worker/**/*.ts'],
    ignores: ['libs/kernel/src/environment.ts', '**/*.spec.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message:
            'Only `kernel/environment.ts` reads the environment, and `config` makes settings of it: declare one.',
        },
      ],
    },
  },
  {
    // A decorated signature needs its types at run time.
    files: [
      '**/*.resolver.ts',
      '**/*.controller.ts',
      '**/*.graphql.ts',
      '**/*.entity.ts',
      '**/*.service.ts',
      '**/*.queries.ts',
      '**/*.module.ts',
      '**/*.job.ts',
      '**/*.guard.ts',
    ],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
);

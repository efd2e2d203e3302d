import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import ts from 'typescript-eslint'

/** What Node offers without an import; programs in plain JavaScript are not checked by the compiler. */
const nodeGlobals = Object.fromEntries(
  [
    'AbortController',
    'AbortSignal',
    'Buffer',
    'URL',
    'clearInterval',
    'clearTimeout',
    'console',
    'performance',
    'process',
    'setImmediate',
    'setInterval',
    'setTimeout',
    'structuredClone',
  ].map(name => [name, 'readonly']),
)

export default defineConfig(
  globalIgnores([
    'src/kernel/assembly/',
    'dist/',
    'node_modules/',
    '.tap/',
    'fixtures/',
    'bench/results/',
    'tmp/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'no-var': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      // Taking a member out is how an object without it is made.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 450 }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // t.test() returns a promise that tap itself waits for.
      '@typescript-eslint/no-floating-promises': 'off',
      // A test states asynchronous behaviour even where today's answer comes at once.
      '@typescript-eslint/require-await': 'off',
      // tap's assertions do not throw: fast-check would take the property for true, and neither shrink nor print its input.
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "CallExpression[callee.object.name='fc'][callee.property.name=/^(property|asyncProperty)$/] CallExpression[callee.object.name='t']",
          message: 'Inside a property throw (node:assert/strict) or return false.',
        },
      ],
    },
  },
  { files: ['**/*.js'], languageOptions: { globals: nodeGlobals } },
  {
    files: ['bin/*.js'],
    languageOptions: { sourceType: 'commonjs', globals: { __dirname: 'readonly' } },
  },
)

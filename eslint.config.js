/** What the compilers can't hold: floating promises, effects outside their ports, writes past the change log, size. */
import { builtinRules } from 'eslint/use-at-your-own-risk';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const fileAccess = ['fs', 'node:fs', 'fs/promises', 'node:fs/promises'];

const onlyInPorts = {
  paths: fileAccess.map((name) => ({ name, message: 'Every file effect goes through src-main/ports/fs.' })),
};
const noElectron = { name: 'electron', message: 'Electron belongs to src-main/hosts/electron; hosts are arguments.' };

const noEnum = { selector: 'TSEnumDeclaration', message: 'Node runs the sources and knows no enums: use a union.' };
const noStyleAttribute = {
  selector: "SvelteAttribute[key.name='style']",
  message: "The window's policy blocks style attributes: use style: directives.",
};
const hiddenInputs = [
  ["CallExpression[callee.object.name='Date'][callee.property.name='now']", 'Time is the Clock port.'],
  ["NewExpression[callee.name='Date'][arguments.length=0]", 'Time is the Clock port.'],
  ["CallExpression[callee.object.name='performance'][callee.property.name='now']", 'Time is the Clock port.'],
  ["CallExpression[callee.object.name='Math'][callee.property.name='random']", 'Chance is the Random port.'],
  ['CallExpression[callee.name=/^set(Timeout|Interval|Immediate)$/]', 'Waiting is the Clock port.'],
].map(([selector, message]) => ({ selector, message }));
const writes = {
  selector: 'CallExpression[callee.property.name=/^(insertInto|updateTable|deleteFrom|replaceInto|mergeInto)$/]',
  message: 'Rows are written in src-main/registry (through the change log) and src-main/workstation only.',
};

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'release/', '.cache/', 'test/**/fixtures/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ['**/*.ts', '**/*.svelte'] })),
  ...svelte.configs.recommended,
  {
    files: ['**/*.ts', '**/*.svelte'],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      // The parts that are passed around are objects of closures, without a `this`.
      '@typescript-eslint/unbound-method': 'off',
      eqeqeq: 'error',
      'no-control-regex': 'error',
      'no-fallthrough': 'error',
      'no-unsafe-finally': 'error',
      'no-restricted-syntax': ['error', noEnum],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: tseslint.parser } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      'svelte/no-target-blank': 'error',
      // Not every set is state.
      'svelte/prefer-svelte-reactivity': 'off',
      'prefer-const': 'off',
      'svelte/prefer-const': 'error',
      'no-restricted-syntax': ['error', noEnum, noStyleAttribute],
    },
  },
  {
    files: ['shared/**/*.ts', 'src-main/**/*.ts', 'src-renderer/**/*.{ts,svelte}'],
    plugins: { early: { rules: { 'max-lines': builtinRules.get('max-lines') } } },
    rules: {
      'max-lines': ['error', { max: 400 }],
      'early/max-lines': ['warn', { max: 250 }],
      'no-eval': 'error',
      'no-new-func': 'error',
    },
  },
  {
    files: ['shared/**/*.ts', 'src-main/**/*.ts', 'src-renderer/**/*.{ts,svelte}'],
    ignores: ['src-main/ports/**', 'src-main/hosts/electron/**'],
    rules: { 'no-restricted-imports': ['error', { paths: [...onlyInPorts.paths, noElectron] }] },
  },
  { files: ['src-main/ports/**/*.ts'], rules: { 'no-restricted-imports': ['error', { paths: [noElectron] }] } },
  { files: ['src-main/hosts/electron/**/*.ts'], rules: { 'no-restricted-imports': ['error', onlyInPorts] } },
  {
    files: ['src-main/**/*.ts'],
    ignores: ['src-main/ports/**', 'src-main/registry/**', 'src-main/workstation/**'],
    rules: { 'no-restricted-syntax': ['error', noEnum, ...hiddenInputs, writes] },
  },
  {
    files: ['src-main/registry/**/*.ts', 'src-main/workstation/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noEnum, ...hiddenInputs] },
  },
  { files: ['src-main/**/*.ts'], ignores: ['src-main/hosts/cli/**'], rules: { 'no-console': 'error' } },
  {
    // The launcher runs before anything of the program can be imported.
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: globals.node },
  },
);

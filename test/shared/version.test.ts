import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { VERSION } from '../../shared/version.ts';

test("the program's version is the package's", () => {
  const packageJson = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect((JSON.parse(packageJson) as { version: string }).version).toBe(VERSION);
});

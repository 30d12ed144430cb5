/**
 * Runs the named checks (default: all) and prints for each that it passed, or what it printed. `npm run check` takes
 * them without the slow ones; `.ci/run` counts each as one test.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { countsLine, type Counts } from './count-tests.ts';

const root = resolve(import.meta.dirname, '..');

const checks: Readonly<Record<string, string[]>> = {
  types: ['.ci/check-types.ts'],
  lint: ['node_modules/eslint/bin/eslint.js', '.'],
  format: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  imports: ['.ci/check-imports.ts'],
};

/** Suites without other processes: quick enough for every change. */
const quick = ['shared', 'registry', 'workstation', 'storage', 'artifacts', 'annotation', 'instance', 'ci'];
const unit = ['node_modules/vitest/vitest.mjs', 'run', ...quick.map((folder) => `test/${folder}/`)];

const { names, addTo, testsFailed, withUnit } = readArguments(process.argv.slice(2));
const total: Counts = addTo === null ? { passed: 0, failed: 0, skipped: 0 } : readCounts(addTo);
// A run of tests that failed for another reason than a test.
if (testsFailed && total.failed === 0) total.failed++;
for (const name of names) {
  const began = performance.now();
  const { code, output } = await run(checks[name] ?? [], 'pipe');
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(code === 0 ? `${name} passed (${seconds} s)\n` : `${output}\n${name} FAILED (${seconds} s)\n`);
  if (code === 0) total.passed++;
  else total.failed++;
}
const unitCode = withUnit ? (await run(unit, 'inherit')).code : 0;
if (addTo !== null) {
  rmSync(addTo, { force: true });
  process.stdout.write(`${countsLine(total)}\n`);
}
process.exitCode = total.failed === 0 && unitCode === 0 ? 0 : 1;

interface Request {
  names: string[];
  /** File with the counts of the tests that ran before. */
  addTo: string | null;
  testsFailed: boolean;
  withUnit: boolean;
}

function readArguments(words: string[]): Request {
  const file = words.find((word) => word.startsWith('--add-to='))?.slice('--add-to='.length) ?? null;
  const asked = words.filter((word) => !word.startsWith('--') && word !== 'unit');
  const unknown = asked.find((name) => !(name in checks));
  if (unknown !== undefined)
    throw new Error(`There is no check ${unknown}. Use: ${Object.keys(checks).join(' ')} unit`);
  return {
    names: asked.length === 0 ? Object.keys(checks) : asked,
    addTo: file,
    testsFailed: words.includes('--tests-failed'),
    withUnit: words.includes('unit'),
  };
}

/** A run that ended without writing its counts is one failed test. */
function readCounts(file: string): Counts {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function run(command: string[], output: 'pipe' | 'inherit'): Promise<{ code: number | null; output: string }> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', output, output] });
    const parts: Buffer[] = [];
    child.stdout?.on('data', (part: Buffer) => parts.push(part));
    child.stderr?.on('data', (part: Buffer) => parts.push(part));
    child.once('error', fail);
    child.once('close', (code) => {
      done({ code, output: Buffer.concat(parts).toString() });
    });
  });
}

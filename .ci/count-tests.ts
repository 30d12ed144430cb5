/**
 * Vitest reporter for the end of a run: skipped tests with their reasons, then `N passed, N failed, N skipped`. A file
 * that can't be run at all counts as a failed test. With BENCHKEEP_COUNTS the numbers go to that file too (`.ci/run`).
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import process from 'node:process';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export const countsLine = ({ passed, failed, skipped }: Counts): string =>
  `${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped`;

export default class CountTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state);
    const broken = modules.filter((module) => module.errors().length > 0).length + (unhandled.length > 0 ? 1 : 0);
    const skipped = inState('skipped');
    const counts = {
      passed: inState('passed').length,
      failed: inState('failed').length + inState('pending').length + broken,
      skipped: skipped.length,
    };
    if (skipped.length > 0) process.stdout.write(`Skipped:\n${skipped.map(describeSkip).join('')}`);
    process.stdout.write(`${countsLine(counts)}\n`);
    const file = process.env['BENCHKEEP_COUNTS'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
  }
}

function describeSkip(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return `  ${relative('', test.module.moduleId)} > ${test.fullName}: ${note ?? 'no reason given'}\n`;
}

/** The deep suites: hours of crash points and random sequences that are too slow for every change. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, BENCHKEEP_DEEP: '1' },
});
process.exitCode = status ?? 1;

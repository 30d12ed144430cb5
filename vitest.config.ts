import { defineConfig } from 'vitest/config';

/** The deep suites (`*.deep.test.ts`) run by `npm run test:deep` only, which sets this. */
const deep = process.env['BENCHKEEP_DEEP'] === '1';

export default defineConfig({
  test: {
    include: [deep ? 'test/**/*.deep.test.ts' : 'test/**/*.test.ts'],
    exclude: deep ? [] : ['test/**/*.deep.test.ts'],
    environment: 'node',
    globalSetup: ['test/stores/install-all.ts', 'test/hosts/cli/build-program.ts'],
    // better-sqlite3 is a native part that must not be loaded into several threads' lives and deaths.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: deep ? 600_000 : 180_000,
    hookTimeout: deep ? 120_000 : 60_000,
    teardownTimeout: 10_000,
    // A bound for what hangs: computers that run tests are slow.
    expect: { poll: { timeout: 45_000 } },
    passWithNoTests: deep,
    reporters: ['default', './.ci/count-tests.ts'],
    // A test that leaves its timers faked or its environment changed would fail another one.
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
  },
});

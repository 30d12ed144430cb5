/**
 * Before the first test: the program of the command line is built, as it is delivered but with its failpoints. Hundreds of
 * tests run a command; from its sources each takes twice to four times as much of the processor.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { buildOnce, project } from '../../build-once.ts';

export default async function setup(): Promise<void> {
  const folder = await buildOnce(
    'program',
    ['src-main', 'shared', 'package-lock.json', 'vite.config.main.ts'],
    (outDir) => build({ configFile: join(project, 'vite.config.main.ts'), ...WITH_FAILPOINTS, build: { outDir } }),
  );
  // Also for programs that tests start, and for those that these start.
  process.env['BENCHKEEP_TEST_PROGRAM'] = join(folder, 'cli.js');
  process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'benchkeep-test-compiled');
}

const WITH_FAILPOINTS = { define: { BK_FAILPOINTS: 'true' } };

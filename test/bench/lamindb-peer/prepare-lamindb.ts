import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { findPython } from './find-python.ts';
import { runProgram } from './run-program.ts';

/** The release that is compared with. Another one is another peer: its figures go into another row. */
export const lamindbVersion = '2.12.1';

const quarterOfAnHour = 15 * 60_000;

/** `${XDG_CACHE_HOME:-~/.cache}/benchkeep-bench/lamindb-<version>`: outside of the checkout, about 800 MB. */
function environmentFolder(): string {
  // An empty or relative value counts as unset (XDG base directory specification 0.8).
  const cacheHome = process.env['XDG_CACHE_HOME'];
  const cache = cacheHome && isAbsolute(cacheHome) ? cacheHome : join(homedir(), '.cache');
  return join(cache, 'benchkeep-bench', `lamindb-${lamindbVersion}`);
}

/**
 * The Python with lamindb in it. The first call makes a virtual environment (one to two minutes,
 * needs a package registry); later calls find it. What stands in the way is the answer, no throw.
 */
export async function prepareLamindb(
  say: (line: string) => void,
): Promise<{ python: string } | { notMeasured: string }> {
  const folder = environmentFolder();
  const python = process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  const ready = join(folder, 'ready');
  if (existsSync(ready)) {
    const answer = await runProgram(python, ['-I', '-c', 'import sys'], { timeout: 20_000 });
    if (answer.exitCode === 0) return { python };
    say('The environment for lamindb lost its Python, so it is made anew.');
  }
  const base = await findPython();
  if (!base) return { notMeasured: 'no Python 3.10+ with venv' };

  say(`Making an environment with lamindb ${lamindbVersion} in ${folder}, once; this takes a minute or two.`);
  // Without the mark `ready`, what lies there is half an installation.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const made = await runProgram(base.command, [...base.args, '-I', '-m', 'venv', folder], { timeout: quarterOfAnHour });
  if (made.exitCode !== 0) return { notMeasured: `no virtual environment could be made: ${made.lastLine}` };
  const install = ['-I', '-m', 'pip', 'install', '--quiet', '--no-input', `lamindb==${lamindbVersion}`];
  const installed = await runProgram(python, install, { timeout: quarterOfAnHour });
  if (installed.exitCode !== 0)
    return { notMeasured: `lamindb ${lamindbVersion} could not be installed: ${installed.lastLine}` };
  await writeFile(ready, `lamindb ${lamindbVersion}\n`);
  return { python };
}

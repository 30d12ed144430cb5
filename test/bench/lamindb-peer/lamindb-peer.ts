/** The peer of the registering benchmark: the real lamindb, pinned, on the same files and machine. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareLamindb } from './prepare-lamindb.ts';
import { runProgram } from './run-program.ts';

export interface LamindbResult {
  /** Files through `Artifact.from_dir` and `save`, all in the database; import and connect not counted. */
  filesPerSecond: number;
  version: string;
  files: number;
  secondsFromDir: number;
  secondsSave: number;
}

const oneHour = 60 * 60_000;

/**
 * Where the files lie for lamindb: `inside` its storage it registers them in place, as Benchkeep does
 * with a watched folder (the like-for-like, and faster for it); from `outside` it also copies them in.
 */
export type Placement = 'inside' | 'outside';

/**
 * Measures lamindb on the files below `folder`, which is only read: lamindb gets a copy, and a new
 * instance in a temporary folder, set up offline and apart from any lamindb of this computer.
 * Says why when it cannot be measured.
 */
export async function measureLamindb(
  folder: string,
  placement: Placement = 'inside',
  say: (line: string) => void = (line) => console.error(line),
): Promise<LamindbResult | { notMeasured: string }> {
  const prepared = await prepareLamindb(say);
  if ('notMeasured' in prepared) return { notMeasured: `peer not measured: ${prepared.notMeasured}` };
  const workspace = await mkdtemp(join(tmpdir(), 'benchkeep-lamindb-'));
  try {
    const script = fileURLToPath(new URL('./measure-lamindb.py', import.meta.url));
    const result = join(workspace, 'result.json');
    const run = await runProgram(prepared.python, ['-I', script, folder, workspace, result, placement], {
      // lamindb notes the current instance in the working folder.
      cwd: workspace,
      env: {
        LAMIN_SETTINGS_DIR: join(workspace, 'settings'),
        LAMIN_CURRENT_INSTANCE: undefined,
        LAMIN_API_KEY: undefined,
      },
      timeout: oneHour,
    });
    if (run.exitCode !== 0) return { notMeasured: `peer not measured: ${run.lastLine}` };
    return JSON.parse(await readFile(result, 'utf8')) as LamindbResult;
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

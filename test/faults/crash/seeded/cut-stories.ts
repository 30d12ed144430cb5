/** The power of a disk is cut under a program with a planted mistake. */
import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Story } from './catch-bug.ts';
import { withBug } from './with-bug.ts';
import type { BugName } from './seeded-bugs.ts';

const children = join(import.meta.dirname, '../../children');
const run = promisify(execFile);

async function cut(program: string, bug: BugName | null, ...args: string[]): Promise<unknown> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-power-')));
  try {
    const { stdout } = await run('unshare', ['-m', process.execPath, join(children, program), base, ...args], {
      env: { ...process.env, BK_PLANT: JSON.stringify(withBug(bug)) },
    });
    return JSON.parse(stdout);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** The disk of `place` is cut while the operation is under way: after so many confirmations, or at a failpoint. */
export function cutOperation(operation: string, place: string, when: string): Story {
  return async (bug) => (await cut('cut-operation.ts', bug, operation, place, when)) as string[];
}

/** The storage is on the disk that loses its power, the registry on one that goes on. */
export const cutCopy = cutOperation('save a file, a version and a folder', 'lab', '2');

/** The registry is on it; now and then a cut meets nothing that was not written yet. */
export const cutSynchronous: Story = async (bug) => {
  for (let attempt = 0; attempt < 4; attempt++) {
    const { confirmed, found } = (await cut('power-cut.ts', bug, 'AS-IT-IS', '40')) as {
      confirmed: string[];
      found: { known: string[] };
    };
    const lost = confirmed.filter((name) => !found.known.includes(name));
    if (lost.length > 0) return lost.map((name) => `${name} was confirmed and is not there`);
  }
  return [];
};

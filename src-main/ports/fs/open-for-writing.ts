/** Which files some program holds open for writing, where the platform tells (Linux: /proc). Best effort: processes of other users stay hidden. */
import * as fsp from 'node:fs/promises';

export type OpenFiles = ReadonlySet<string>;

const WRITES = 0o3;

/** `dev:ino` as FileFacts has them. */
export function openFileId(facts: { dev: string; ino: string }): string {
  return `${facts.dev}:${facts.ino}`;
}

/** Ids of all regular files that are open for writing now, by anybody but this process. */
export async function filesOpenForWriting(): Promise<OpenFiles> {
  const open = new Set<string>();
  if (process.platform !== 'linux') return open;
  const processes = (await namesIn('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  for (const pid of processes) {
    for (const fd of await namesIn(`/proc/${pid}/fd`)) await noteIfWriting(pid, fd, open);
  }
  return open;
}

async function noteIfWriting(pid: string, fd: string, open: Set<string>): Promise<void> {
  try {
    const info = await fsp.readFile(`/proc/${pid}/fdinfo/${fd}`, 'latin1');
    const flags = Number.parseInt(/^flags:\s+([0-7]+)/m.exec(info)?.[1] ?? '0', 8);
    if ((flags & WRITES) === 0) return;
    const stats = await fsp.stat(`/proc/${pid}/fd/${fd}`, { bigint: true });
    if (stats.isFile()) open.add(`${String(stats.dev)}:${String(stats.ino)}`);
  } catch {
    // The process or its file went away meanwhile, or belongs to somebody else.
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await fsp.readdir(folder);
  } catch {
    // The process is gone, or its files may not be seen.
    return [];
  }
}

/** Whether some process has a file open, where the platform tells (Linux: proc(5)). Best effort: processes of other users stay hidden. */
import { readdir, readFile, stat } from 'node:fs/promises';
import type { FileFacts } from './file-facts.ts';
import { fileId } from './open-for-writing.ts';

/** Processes that are looked at at the same time. */
const PARALLEL = 8;

/** A process other than this one has the file open, for reading too. */
export async function isOpenElsewhere(facts: FileFacts): Promise<boolean> {
  return (await openElsewhere([facts])).size > 0;
}

/** `fileId`s of those of `files` that a process other than this one has open, for reading too. */
export async function openElsewhere(files: readonly FileFacts[]): Promise<ReadonlySet<string>> {
  const open = new Set<string>();
  if (process.platform !== 'linux' || files.length === 0) return open;
  const wanted = new Map(files.map((facts) => [facts.ino, fileId(facts)]));
  const pids = (await quietly(() => readdir('/proc'))) ?? [];
  const others = pids.filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid);
  const look = async (): Promise<void> => {
    for (let pid = others.pop(); pid !== undefined; pid = others.pop()) await lookAtProcess(pid, wanted, open);
  };
  await Promise.all(Array.from({ length: PARALLEL }, look));
  return open;
}

async function lookAtProcess(pid: string, wanted: ReadonlyMap<string, string>, open: Set<string>): Promise<void> {
  for (const fd of (await quietly(() => readdir(`/proc/${pid}/fd`))) ?? []) {
    const info = await quietly(() => readFile(`/proc/${pid}/fdinfo/${fd}`, 'latin1'));
    const ino = /^ino:\s+(\d+)/m.exec(info ?? '')?.[1];
    // Only what may be one of ours is looked at: a file on a share that hangs would never answer. Linux before 5.14 does not tell.
    if (ino !== undefined && !wanted.has(ino)) continue;
    const stats = await quietly(() => stat(`/proc/${pid}/fd/${fd}`, { bigint: true }));
    if (stats === null) continue;
    const id = fileId({ dev: String(stats.dev), ino: String(stats.ino) });
    if (wanted.get(String(stats.ino)) === id) open.add(id);
  }
}

/** Null where the process or its file went away meanwhile, or belongs to somebody else: then it is simply not known. */
async function quietly<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch {
    return null;
  }
}

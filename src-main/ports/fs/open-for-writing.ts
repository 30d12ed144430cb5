/** Which files some program holds open for writing, where the platform tells (Linux: proc(5)). Best effort: processes of other users stay hidden. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Clock } from '../clock.ts';

/** Access mode bits of `flags` in fdinfo: O_WRONLY or O_RDWR. */
const WRITES = 0o3;
/** A list this old (ms) is made anew. */
const FRESH = 1000;

/** `dev:ino` as FileFacts has them. */
export function fileId(facts: { dev: string; ino: string }): string {
  return `${facts.dev}:${facts.ino}`;
}

interface Writer {
  fd: string;
  /** Null where the system (Linux before 5.14) doesn't say. */
  ino: string | null;
}

/** A function that says which of `files` (`fileId`) are open for writing by anybody but this process; synchronous. */
export function openFileFinder(clock: Pick<Clock, 'monotonic'>): (files: ReadonlySet<string>) => string[] {
  const cache: { at: number; writers: Writer[] } = { at: Number.NEGATIVE_INFINITY, writers: [] };
  return (files) => {
    if (process.platform !== 'linux' || files.size === 0) return [];
    if (clock.monotonic() - cache.at > FRESH) {
      cache.writers = writersNow();
      cache.at = clock.monotonic();
    }
    const inodes = new Set([...files].map((file) => file.slice(file.indexOf(':') + 1)));
    const open = new Set<string>();
    for (const { fd, ino } of cache.writers) {
      // Only what may be one of ours is looked at: a file on a share that hangs would never answer.
      if (ino !== null && !inodes.has(ino)) continue;
      const id = idOf(fd);
      if (id !== null && files.has(id)) open.add(id);
    }
    return [...open];
  };
}

function writersNow(): Writer[] {
  const writers: Writer[] = [];
  for (const pid of namesIn('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      const info = quietly(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'));
      const flags = Number.parseInt(/^flags:\s+([0-7]+)/m.exec(info ?? '')?.[1] ?? '0', 8);
      if ((flags & WRITES) === 0) continue;
      writers.push({ fd: `/proc/${pid}/fd/${fd}`, ino: /^ino:\s+(\d+)/m.exec(info ?? '')?.[1] ?? null });
    }
  }
  return writers;
}

function idOf(fd: string): string | null {
  const stats = quietly(() => statSync(fd, { bigint: true }));
  return stats?.isFile() === true ? fileId({ dev: String(stats.dev), ino: String(stats.ino) }) : null;
}

function namesIn(folder: string): string[] {
  return quietly(() => readdirSync(folder)) ?? [];
}

/** Null where the process or its file went away meanwhile, or belongs to somebody else: then it is simply not known. */
function quietly<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/**
 * `head.json`: number and hash of the last change, kept outside of the registry (`faults.md`, R12). A registry that
 * ends before it lost its tail or its `-wal`, which no check of the database itself would notice.
 */
import * as z from 'zod';
import type { Clock } from '../ports/clock.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import type { Registry } from '../registry/open-registry.ts';

const headFile = z.object({ id: z.number().int().min(0), hash: z.string() });
export type Head = z.infer<typeof headFile>;

/** Ms between two writings of the file. */
const PAUSE = 1000;

export function headPath(folder: RawPath): RawPath {
  return joinRaw(folder, rawFromText('head.json'));
}

export async function readHead(fs: Fs, folder: RawPath): Promise<Head | null> {
  if ((await fs.look(headPath(folder))) === null) return null;
  const text = (await fs.readRange(headPath(folder), 0, 4096)).toString('utf8');
  try {
    return headFile.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // Damaged: as if it were not there; the next change writes it anew.
    return null;
  }
}

export async function writeHead(fs: Fs, folder: RawPath, head: Head): Promise<void> {
  await fs.writeTempFsyncRename(headPath(folder), Buffer.from(`${JSON.stringify(head)}\n`, 'utf8'), 0o600);
}

/** What is wrong, in plain words; null where the registry holds what the file says, or there is no file. */
export async function checkHead(registry: Pick<Registry, 'db'>, head: Head | null): Promise<string | null> {
  if (head === null || head.id === 0) return null;
  const { db } = registry;
  const row = await db.selectFrom('change').select('hash').where('id', '=', head.id).executeTakeFirst();
  if (row?.hash === head.hash) return null;
  if (row !== undefined)
    return 'The history of the registry was altered outside of Benchkeep. Compare it with a backup (benchkeep verify --registry).';
  const last = await db.selectFrom('change').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
  const lost = head.id - (last?.id ?? 0);
  const what =
    lost === 1
      ? 'The last change of the registry is gone'
      : `The last ${String(lost)} changes of the registry are gone`;
  return `${what}, though they had been written. Your files are not affected; new files are found again by looking at the watched folders.`;
}

export interface HeadKeeper {
  committed(head: Head): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

/** Keeps the file at most a second behind. `onError`: it could not be written; the next change tries again. */
export function keepHead(context: {
  fs: Fs;
  clock: Clock;
  folder: RawPath;
  onError: (error: unknown) => void;
}): HeadKeeper {
  let latest: Head | null = null;
  let cancel: (() => void) | null = null;
  let writing: Promise<void> = Promise.resolve();

  function flush(): Promise<void> {
    cancel = null;
    const head = latest;
    latest = null;
    if (head !== null) writing = writing.then(() => writeHead(context.fs, context.folder, head)).catch(context.onError);
    return writing;
  }
  return {
    committed(head) {
      latest = { ...head };
      cancel ??= context.clock.after(PAUSE, () => void flush());
    },
    close() {
      cancel?.();
      return flush();
    },
  };
}

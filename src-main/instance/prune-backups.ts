/** Removes backups that enough newer good ones stand for. Counts, never ages: no clock that jumps removes anything. */
import type { Fs } from '../ports/fs/fs.ts';
import type { BackupKind } from './backup-file.ts';
import { listBackups, type ListBackups, type ProvenBackup } from './list-backups.ts';

/** What people made by themselves stays. */
const KEEP: Readonly<Record<BackupKind, number>> = {
  daily: 7,
  weekly: 4,
  migration: 1,
  'before restore': 3,
  manual: Infinity,
};

/** Those that may go: as many good ones of their kind as are kept are newer. A damaged one never counts. */
export function pastKeeping(backups: readonly ProvenBackup[]): ProvenBackup[] {
  const good = new Map<BackupKind, number>();
  return backups.filter(({ kind, record }) => {
    const newer = good.get(kind) ?? 0;
    if (record.good) good.set(kind, newer + 1);
    return newer >= KEEP[kind];
  });
}

export async function pruneBackups(fs: Fs, request: ListBackups): Promise<void> {
  for (const { path } of pastKeeping(await listBackups(fs, request))) await fs.removeOwnFile(path);
}

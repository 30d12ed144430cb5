/** Names of backups: what they are and in which order they were made is told without opening them. */
import type { BackupRecord } from '../../shared/contract/index.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawFromText, rawToText, type RawPath } from '../ports/fs/raw-path.ts';

export type BackupKind = BackupRecord['kind'];

export interface BackupFile {
  /** The file's name without its ending. */
  id: string;
  kind: BackupKind;
  /** Counts up, so that no clock that jumps changes the order; 0 for those before migrations. */
  sequence: number;
  /** UTC ISO-8601; null where the name does not tell. */
  createdAt: string | null;
  lastChange: number;
  path: RawPath;
}

const OWN = /^(daily|weekly|manual|before-restore)-(\d{4,9})-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-at-change-(\d+)$/;
const MIGRATION = /^before-migration-\d+-at-change-(\d+)$/;
/** Names of backups that are not whole yet begin so. */
export const HALF_BACKUP = '.half-';

export function backupsFolder(folder: RawPath): RawPath {
  return joinRaw(folder, rawFromText('backups'));
}

export function backupName(file: Pick<BackupFile, 'kind' | 'sequence' | 'lastChange'>, now: number): string {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const kind = file.kind.replace(' ', '-');
  return `${kind}-${String(file.sequence).padStart(4, '0')}-${time}-at-change-${String(file.lastChange)}`;
}

/** Newest first. */
export async function backupFiles(fs: Fs, folder: RawPath): Promise<BackupFile[]> {
  const backups = backupsFolder(folder);
  if ((await fs.look(backups)) === null) return [];
  const files = (await fs.readFolder(backups)).flatMap(({ name, kind }) => {
    const id = /^(.+)\.db$/.exec(rawToText(name) ?? '')?.[1];
    const file = kind === 'file' && id !== undefined ? parse(id, joinRaw(backups, name)) : null;
    return file === null ? [] : [file];
  });
  return files.sort((a, b) => b.sequence - a.sequence || b.lastChange - a.lastChange);
}

function parse(id: string, path: RawPath): BackupFile | null {
  const migration = MIGRATION.exec(id);
  if (migration !== null)
    return { id, kind: 'migration', sequence: 0, createdAt: null, lastChange: Number(migration[1]), path };
  const own = OWN.exec(id);
  if (own === null) return null;
  const [, kind = '', sequence, y, m, d, h, min, s, last] = own;
  return {
    id,
    kind: kind.replace('-', ' ') as BackupKind,
    sequence: Number(sequence),
    createdAt: `${String(y)}-${String(m)}-${String(d)}T${String(h)}:${String(min)}:${String(s)}.000Z`,
    lastChange: Number(last),
    path,
  };
}

/** Proves a backup by opening it: whose it is, every page, the end of its log (`faults.md`, R9, I20). */
import { BenchkeepError } from '../../shared/errors.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { ONCE_THROUGH_KIB, openSqlite, readSqliteHead, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { strangeInSchema } from '../registry/check-schema.ts';
import { EMPTY_LOG_HASH } from '../registry/change-hash.ts';
import { registryMigrations } from '../registry/migrations/index.ts';
import { REGISTRY_APPLICATION_ID } from '../registry/schema.ts';
import { sqliteCode } from '../registry/sqlite-error.ts';
import { checkSound } from './check-sound.ts';
import type { Head } from './head-file.ts';

export interface BackupProof {
  /** Null: it is good. Else plain words. */
  fault: string | null;
  nArtifacts: number;
  head: Head;
}

const NOTHING = { nArtifacts: 0, head: { id: 0, hash: EMPTY_LOG_HASH } };

/** Reads only. `path` is open nowhere in this process. */
export async function proveBackup(path: RawPath, uid: string): Promise<BackupProof> {
  const file = readSqliteHead(path);
  if (file === null || file.size === 0) return { fault: 'The file is empty or gone', ...NOTHING };
  if (!file.isSqlite || file.applicationId !== REGISTRY_APPLICATION_ID)
    return { fault: 'The file is no registry', ...NOTHING };
  if (file.userVersion > registryMigrations.length)
    return { fault: 'A newer Benchkeep made it; install that one to restore it', ...NOTHING };
  let sqlite: SqliteHandle | undefined;
  try {
    sqlite = openSqlite(path, { readonly: true, cacheKib: ONCE_THROUGH_KIB });
    return await proveOpen(sqlite, uid);
  } catch (error) {
    if (sqliteCode(error) === null && !(error instanceof BenchkeepError)) throw error;
    return { fault: `The file is damaged (${(error as Error).message})`, ...NOTHING };
  } finally {
    sqlite?.close();
  }
}

async function proveOpen(sqlite: SqliteHandle, uid: string): Promise<BackupProof> {
  const strange = await strangeInSchema(sqlite);
  if (strange !== null) return { fault: `It has a part that Benchkeep did not make (${strange})`, ...NOTHING };
  const found = sqlite.prepare('SELECT uid FROM instance').pluck().get();
  if (found !== uid) return { fault: 'It is of another instance', ...NOTHING };
  const [problem] = checkSound(sqlite);
  if (problem !== undefined) return { fault: problem, ...NOTHING };
  const nArtifacts = sqlite
    .prepare<[], number>('SELECT count(*) FROM artifact WHERE visibility = 1 AND is_latest = 1')
    .pluck()
    .get();
  return { fault: null, nArtifacts: nArtifacts ?? 0, head: headOf(sqlite) };
}

export function headOf(sqlite: SqliteHandle): Head {
  return (
    sqlite.prepare<[], Head>('SELECT id, hash FROM change ORDER BY id DESC LIMIT 1').get() ?? {
      id: 0,
      hash: EMPTY_LOG_HASH,
    }
  );
}

/** Does the log of the open registry go on from `head`? */
export function goesOnFrom(sqlite: SqliteHandle, head: Head): boolean {
  if (head.id === 0) return true;
  return sqlite.prepare<[number], string>('SELECT hash FROM change WHERE id = ?').pluck().get(head.id) === head.hash;
}

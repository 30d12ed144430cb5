/** Proves before anything is opened for writing that a registry is the one expected and, where there is doubt, sound. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { finishRollback, ONCE_THROUGH_KIB, openSqlite, readSqliteHead } from '../ports/fs/sqlite-file.ts';
import { rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { strangeInSchema } from '../registry/check-schema.ts';
import { registryMigrations } from '../registry/migrations/index.ts';
import { REGISTRY_APPLICATION_ID } from '../registry/schema.ts';
import { sqliteError } from '../registry/sqlite-error.ts';
import { checkSound } from './check-sound.ts';

/**
 * Reads only: the file stays byte for byte as it was, but for a change that a power cut left half-done. `thorough` reads
 * all of it (`checkSound`). What `openRegistry` refuses anyway (no file, foreign, newer) is left to it. Errors: `registry_foreign` (another instance's, or with parts that
 * Benchkeep didn't make), `registry_corrupt`.
 */
export async function proveRegistry(path: RawPath, uid: string, thorough: boolean): Promise<void> {
  const head = readSqliteHead(path);
  if (
    head?.isSqlite !== true ||
    head.applicationId !== REGISTRY_APPLICATION_ID ||
    head.userVersion > registryMigrations.length
  )
    return;
  try {
    finishRollback(path);
    const sqlite = openSqlite(path, { readonly: true, cacheKib: ONCE_THROUGH_KIB });
    try {
      const strange = await strangeInSchema(sqlite);
      if (strange !== null) throw strangeParts(path, strange);
      const found = sqlite.prepare('SELECT uid FROM instance').pluck().get();
      if (found !== uid) throw anotherInstances(path, String(found));
      const [problem] = thorough ? checkSound(sqlite) : [];
      if (problem !== undefined) throw damaged(path, problem);
    } finally {
      sqlite.close();
    }
  } catch (error) {
    throw sqliteError(error, path);
  }
}

/** A clean stop folds the `-wal` into the registry; one with content is left by a crash, a kill or a power cut. */
export async function wasLeftUnclean(fs: Fs, path: RawPath): Promise<boolean> {
  const wal = await fs.look((path + rawFromText('-wal')) as RawPath);
  return wal !== null && wal.size > 0;
}

function anotherInstances(path: RawPath, found: string): BenchkeepError {
  return new BenchkeepError(
    'registry_foreign',
    `${rawToDisplay(path)} is the registry of another instance (${found})`,
    'It was left untouched. Put the right file back, or restore a backup (benchkeep backup list).',
  );
}

function strangeParts(path: RawPath, what: string): BenchkeepError {
  return new BenchkeepError(
    'registry_foreign',
    `${rawToDisplay(path)} has a part that Benchkeep did not make, or lacks one (${what})`,
    'It was left untouched and nothing in it was run. Restore a backup (benchkeep backup list).',
  );
}

function damaged(path: RawPath, answer: string): BenchkeepError {
  return new BenchkeepError(
    'registry_corrupt',
    `${rawToDisplay(path)} is damaged`,
    'It was left as it is; your data files are not affected. Repair it (benchkeep doctor --repair), or restore a backup (benchkeep backup list).',
    { details: { answer } },
  );
}

/** The storage that an argument names. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { Kysely } from 'kysely';
import { rawFromText, rawToDisplay } from '../ports/fs/raw-path.ts';
import type { RegistryDB, StorageRow } from '../registry/schema.ts';
import type { StorageContext } from './storage-context.ts';

/**
 * By uid or root. With `near`, of equal roots on several computers the one here is meant, and a path that leads to
 * a root by links is found too. Errors: `not_found`, `ambiguous`.
 */
export async function findStorage(
  db: Kysely<RegistryDB>,
  argument: string,
  near?: Pick<StorageContext, 'fs' | 'workstationUid'>,
): Promise<StorageRow> {
  const root = withoutSlash(argument);
  const found =
    (await byUid(db, argument)) ??
    (await byRoot(db, root, near)) ??
    (near === undefined ? null : await byRealPath(db, root, near));
  if (found !== null) return found;
  throw new BenchkeepError(
    'not_found',
    `There is no storage "${argument}"`,
    'See the storages with: benchkeep storage list.',
  );
}

async function byUid(db: Kysely<RegistryDB>, uid: string): Promise<StorageRow | null> {
  return (await db.selectFrom('storage').selectAll().where('uid', '=', uid).executeTakeFirst()) ?? null;
}

async function byRoot(
  db: Kysely<RegistryDB>,
  root: string,
  near?: Pick<StorageContext, 'workstationUid'>,
): Promise<StorageRow | null> {
  const rows = await db.selectFrom('storage').selectAll().where('root', '=', root).execute();
  const here = rows.find((row) => row.workstation_uid === near?.workstationUid);
  if (here !== undefined) return here;
  if (rows.length <= 1) return rows[0] ?? null;
  const uids = rows.map(({ uid }) => uid).join(', ');
  throw new BenchkeepError('ambiguous', `Several computers have a storage ${root}`, `Name it by its uid: ${uids}.`);
}

async function byRealPath(
  db: Kysely<RegistryDB>,
  root: string,
  near: Pick<StorageContext, 'fs' | 'workstationUid'>,
): Promise<StorageRow | null> {
  if (!root.startsWith('/')) return null;
  let real: string;
  try {
    real = rawToDisplay(await near.fs.realPath(rawFromText(root)));
  } catch (error) {
    // A path that leads nowhere is no storage; what else is wrong with it doesn't matter here.
    if (error instanceof BenchkeepError) return null;
    throw error;
  }
  return real === root ? null : byRoot(db, real, near);
}

/** Roots are kept without a slash at the end. */
function withoutSlash(root: string): string {
  return root.length > 1 ? root.replace(/\/+$/, '') : root;
}

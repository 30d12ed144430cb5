/** What else needs an object or a folder of a store. */
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { DeletionObject } from './plan-deletion.ts';

const MOST_NAMED = 5;

/** Others that need it: records of it, of what is in it, of a folder that it is in. For people, some of them. */
export async function objectSharers(
  { registry }: Pick<InstanceContext, 'registry'>,
  { storage, key }: DeletionObject,
  except: ReadonlySet<number>,
): Promise<string[]> {
  const mine = `${storage.root}/${key}`;
  const storages = await registry.db.selectFrom('storage').selectAll().where('type', '=', storage.type).execute();
  const named: string[] = [];
  for (const { id: storageId, root } of storages) {
    if (root === mine || root.startsWith(`${mine}/`)) named.push(`the storage ${root}`);
    if (!mine.startsWith(`${root}/`)) continue;
    const below = mine.slice(root.length + 1);
    const rows = await registry.db
      .selectFrom('copy')
      .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
      .select(['artifact.id', 'artifact.key', 'artifact.uid'])
      .where('copy.storage_id', '=', storageId)
      .where((where) =>
        where.or([
          where(
            'copy.path',
            'in',
            [below, ...foldersAbove(below)].map((path) => Buffer.from(path)),
          ),
          // `0` is what comes after `/`.
          where.and([
            where('copy.path', '>=', Buffer.from(`${below}/`)),
            where('copy.path', '<', Buffer.from(`${below}0`)),
          ]),
        ]),
      )
      .limit(MOST_NAMED + except.size)
      .execute();
    for (const row of rows) if (!except.has(row.id)) named.push(`"${escapeForDisplay(row.key ?? row.uid)}"`);
  }
  return named.slice(0, MOST_NAMED);
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** Which artifact of a version family is its latest: the newest that is not in the trash, or the newest if all are. */
import { versionSuffixOf } from '../../shared/uid.ts';
import type { RegistryWrite } from '../registry/change-log.ts';

/** Call after artifacts of the family came into the trash, out of it, or were removed. */
export async function keepLatest(write: RegistryWrite, stem: string): Promise<void> {
  const family = await write.tx.selectFrom('artifact').selectAll().where('stem_uid', '=', stem).execute();
  const kept = family.filter(({ visibility }) => visibility !== -1);
  // The order of version numbers is that of their characters: digits, capitals, small letters.
  const [newest] = (kept.length > 0 ? kept : family).sort((a, b) =>
    versionSuffixOf(a.uid) < versionSuffixOf(b.uid) ? 1 : -1,
  );
  if (newest === undefined || newest.is_latest === 1) return;
  // The one before first: two at a time the registry refuses.
  for (const row of family) if (row.is_latest === 1) write.updateRow('artifact', row, { is_latest: 0 });
  write.updateRow('artifact', newest, { is_latest: 1 });
}

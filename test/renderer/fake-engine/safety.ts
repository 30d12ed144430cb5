/** Trash, deletion, missing files and backups of the fake engine. */
import type { ArtifactRecord, BackupRecord, PlannedDeletion } from '../../../shared/contract/index.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import { did } from './deeds.ts';
import { find } from './find.ts';
import { changed, emit, type World } from './world.ts';

export function show(world: World, uids: readonly string[], visibility: number): { items: ArtifactRecord[] } {
  const rows = uids.map((uid) => find(world, uid));
  for (const row of rows) row.visibility = visibility;
  changed(world, 'artifact');
  return { items: rows };
}

/** A file in a linked folder, unless the test said otherwise. */
export function planDeletion(world: World, uid: string): PlannedDeletion {
  const row = find(world, uid);
  const path = row.copies[0]?.path ?? null;
  const what = row.n_files === null ? 'file' : 'folder';
  return {
    uid: row.uid,
    key: row.key,
    size: row.size,
    in_place: path,
    managed: null,
    linked: true,
    remains: path === null ? null : `a ${what} remains here: ${path}`,
    blocked: null,
    ...world.plans.get(uid),
  };
}

export function deleteForGood(
  world: World,
  input: { artifacts: string[]; storage: boolean | null },
): { items: { uid: string; key: string | null }[]; removed: string[]; remains: string[] } {
  const plans = input.artifacts.map((uid) => planDeletion(world, uid));
  if (plans.some(({ blocked }) => blocked !== null)) throw new BenchkeepError('refused', 'It is held', 'See by what.');
  if (input.storage === true && plans.some(({ linked }) => linked)) {
    throw new BenchkeepError('storage_linked', 'It lies in a linked folder', 'Delete the file yourself.');
  }
  world.artifacts = world.artifacts.filter((row) => !input.artifacts.includes(row.uid));
  changed(world, 'artifact');
  const here = plans.flatMap(({ in_place }) => in_place ?? []);
  const own = plans.flatMap(({ managed }) => managed ?? []);
  return {
    items: plans.map(({ uid, key }) => ({ uid, key })),
    removed: input.storage === true ? [...own, ...here] : own,
    remains: input.storage === true ? [] : plans.flatMap(({ remains }) => remains ?? []),
  };
}

/** The file is where the person says, unless the path ends in `.other`. */
export function locate(
  world: World,
  input: { artifact: string; path: string; siblings: boolean },
): { items: ArtifactRecord[]; siblings: number } {
  const row = find(world, input.artifact);
  if (input.path.endsWith('.other')) {
    throw new BenchkeepError('refused', `${input.path} has other content`, 'Choose the file itself.');
  }
  const folder = row.key?.slice(0, row.key.lastIndexOf('/') + 1) ?? '';
  const others = input.siblings
    ? world.artifacts.filter((other) => other !== row && other.state === 'missing' && other.key?.startsWith(folder))
    : [];
  const rows = [row, ...others];
  for (const one of rows) Object.assign(one, { state: 'ok', state_reason: null });
  did(world, 'locate', `It was said where ${String(rows.length)} files are now`, rows, () => {
    for (const one of rows) one.state = 'missing';
  });
  changed(world, 'artifact', 'copy');
  return { items: rows, siblings: others.length };
}

export function backUp(world: World): BackupRecord {
  const backup: BackupRecord = {
    id: `backup-${String(world.backups.length + 1)}`,
    created_at: new Date().toISOString(),
    size: 12_400_000,
    kind: 'manual',
    n_artifacts: world.artifacts.length,
    last_change: world.done.length,
    good: true,
    reason: null,
  };
  world.backups.unshift(backup);
  return backup;
}

export function restoreBackup(world: World, id: string): { id: string; aside: string } {
  if (!world.backups.some((backup) => backup.id === id)) {
    throw new BenchkeepError('not_found', `There is no backup ${id}`, 'Look at the list.');
  }
  world.failures.delete('instance.current');
  emit(world, { type: 'instance' });
  changed(world, 'artifact');
  return { id, aside: '/home/ada/.local/share/benchkeep/ada-lab/aside/2026-11-21' };
}

/** A version of its own, in front of the one that was the newest. */
export function revert(world: World, uid: string): { items: ArtifactRecord[] } {
  const family = [...world.older].find(([, versions]) => versions.some((version) => version.uid === uid));
  const latest = world.artifacts.find((row) => row.uid === family?.[0]);
  if (family === undefined || latest === undefined) {
    throw new BenchkeepError('refused', 'It is the newest version already', 'Choose an older one.');
  }
  const { uid: _uid, ...content } = find(world, uid);
  world.older.delete(latest.uid);
  const fresh: ArtifactRecord = {
    ...latest,
    ...content,
    uid: `rev${latest.uid.slice(3)}`,
    is_latest: true,
    state: 'ok',
    state_reason: null,
    created_at: new Date().toISOString(),
  };
  world.artifacts = world.artifacts.map((row) => (row === latest ? fresh : row));
  world.older.set(fresh.uid, [...family[1], { ...latest, is_latest: false }]);
  did(world, 'revert', `An older version of ${latest.key ?? uid} became the newest again`, [fresh], () => undefined, {
    undoable: false,
    why_not: 'It made a new version. Move that version to the trash instead.',
  });
  changed(world, 'artifact');
  return { items: [fresh] };
}

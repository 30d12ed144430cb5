/** A lab where one of everything went wrong, or was done. */
import { makeStorage } from './records.ts';
import { did } from './deeds.ts';
import { labWorld, makeFolder, type World } from './world.ts';

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
const DAY = 86_400;

/** Rows by what is wrong with them: numbers of `labWorld(60)`. */
export const TROUBLED = { missing: 59, overwritten: 58, changed: 57, offline: 56, folder: 53, damaged: 50 } as const;

export function troubledWorld(): World {
  const world = labWorld(60);
  const row = (n: number) => {
    const found = world.artifacts[n];
    if (found === undefined) throw new Error(`There is no row ${String(n)}`);
    return found;
  };
  if (world.instance)
    world.instance.warnings = ['The daily backup failed: The disk is full. Make room on it, then back up again.'];
  // The others lie in the same folder.
  for (const n of [TROUBLED.missing, 54, 49, 44]) row(n).state = 'missing';
  Object.assign(row(TROUBLED.overwritten), { state: 'missing', state_reason: 'overwritten' });
  Object.assign(row(TROUBLED.changed), { state: 'changed', state_reason: null });
  row(TROUBLED.offline).state = 'offline';
  Object.assign(row(TROUBLED.folder), { n_files: 1204, suffix: '', key: 'sequencer/241101_M0123_run7', size: 41e9 });
  for (const n of [3, 4, 5, 6, 7]) Object.assign(row(n), { visibility: -1, updated_at: ago(n * 4000) });
  world.plans.set(row(3).uid, { linked: false });
  world.plans.set(row(4).uid, { managed: '/home/ada/benchkeep/.lamindb/abc.csv', in_place: null, remains: null });
  world.plans.set(row(5).uid, { blocked: 'it belongs to the set "Figure 2"' });
  world.found.set(row(TROUBLED.missing).uid, [
    { path: '/data/instruments/sequencer/run 8/sample_00059.png', evidence: 'the same content' },
    { path: '/data/instruments/old/sample_00059.png', evidence: 'the same name and size, but other content' },
  ]);
  const inbox = (relative: string, more: Partial<World['inbox'][number]>): World['inbox'][number] => ({
    path: `/data/instruments/${relative}`,
    relative,
    storage: 'stor00000002',
    state: 'waiting',
    reason: 'Still being written',
    since: ago(900),
    next: null,
    can: [],
    pattern: null,
    ...more,
  });
  const damaged = 'flow/day1/sample_00050.tiff';
  Object.assign(row(TROUBLED.damaged).copies[0] ?? {}, { path: `/data/instruments/${damaged}` });
  world.inbox = [
    inbox(damaged, {
      state: 'failed',
      reason: 'Damaged: other bytes than were registered, though nothing was written to it. Put it back from a copy.',
      can: ['retry'],
    }),
    inbox('secret.csv', {
      state: 'failed',
      reason: 'It can’t be read: permission denied',
      can: ['retry', 'ignore', 'ignore names'],
      pattern: '*.csv',
    }),
    inbox('flow/day9/run.lock', { can: ['ignore', 'ignore names'], pattern: '*.lock' }),
    inbox('old.tmp', { state: 'ignored', reason: 'you said so', can: ['unignore'] }),
  ];
  const nas = makeStorage(3, { root: '/mnt/Sequencer-NAS', managed: false, watch: true });
  const scope = makeStorage(4, { root: '/data/microscope', managed: false, watch: true, description: 'Microscope' });
  world.storages.push(nas, scope);
  world.folders.push(makeFolder(nas, { health: 'offline' }));
  world.folders.push(makeFolder(scope, { health: 'possible loss', n_gone: 412, health_reason: 'x' }));
  did(world, 'init', 'The registry was made', [], () => undefined, {
    undoable: false,
    why_not: 'It made the registry.',
    created_at: ago(DAY + 4000),
  });
  did(world, 'move', 'Folder flow/day1 was renamed to flow/day 1 – 412 files kept their details', [], () => undefined, {
    created_at: ago(4000),
    n: 412,
  });
  world.backups = [
    makeBackup('b3', { last_change: 15, created_at: ago(7000) }),
    makeBackup('b2', { kind: 'weekly', good: false, reason: 'It can’t be read to the end: the file is damaged' }),
    makeBackup('b1', { kind: 'migration', created_at: ago(3 * DAY) }),
  ];
  world.scrub = { ...world.scrub, state: 'running', checked: 1204, total: 9800, bytes: 34e9, failed: 1 };
  return world;
}

function makeBackup(id: string, more: Partial<World['backups'][number]>): World['backups'][number] {
  return {
    id,
    created_at: ago(DAY),
    size: 12.4e6,
    kind: 'daily',
    n_artifacts: 60,
    last_change: 3,
    good: true,
    reason: null,
    ...more,
  };
}

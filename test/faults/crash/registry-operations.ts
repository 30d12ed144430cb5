/** Operations about the registry as a whole: backups, restoring, bringing it to a new version; and reading all again. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { BenchkeepError } from '../../../shared/errors.ts';
import { addLabels } from '../../../src-main/annotation/index.ts';
import { restoreBackup } from '../../../src-main/instance/index.ts';
import { makeBackup } from '../../../src-main/instance/make-backup.ts';
import { registryMigrations } from '../../../src-main/registry/migrations/index.ts';
import { rawToDisplay } from '../../../src-main/ports/fs/raw-path.ts';
import { startScrubbing } from '../../../src-main/scrubbing/index.ts';
import { openBenchWorkbench } from '../../instance/open-bench.ts';
import { openCrashBench, type CrashBench } from './crash-bench.ts';
import { acknowledgeAll, file, putFiles, uidOf, type Operation } from './operations.ts';

async function registered(bench: CrashBench): Promise<void> {
  putFiles(bench, 'first');
  await bench.pass();
}

function backUp({ context }: CrashBench): Promise<{ id: string }> {
  const { fs, folder, instanceUid: uid, clock } = context;
  return makeBackup(fs, { folder, uid, kind: 'manual', now: clock.now() });
}

export const backup: Operation = {
  name: 'back up',
  async prepare(bench) {
    await registered(bench);
    await backUp(bench);
    await addLabels(bench.context, { artifacts: [file(0)], labels: ['mine'], create_missing: true });
  },
  async run(bench, acknowledge) {
    const { id } = await backUp(bench);
    acknowledge({ kind: 'file', path: join(rawToDisplay(bench.context.folder), 'backups', `${id}.db`), there: true });
    await acknowledgeAll(bench, acknowledge);
    acknowledge({ kind: 'label', name: 'mine', key: file(0), on: true });
  },
};

/** What was done after the backup is gone by intent; what was there before it, and all files, are not. */
export const restore: Operation = {
  name: 'restore a backup',
  async prepare(bench) {
    await registered(bench);
    await addLabels(bench.context, { artifacts: [file(0)], labels: ['before'], create_missing: true });
    await backUp(bench);
    await addLabels(bench.context, { artifacts: [file(1)], labels: ['after'], create_missing: true });
  },
  async run(bench, acknowledge) {
    const folder = rawToDisplay(bench.context.folder);
    await bench.close();
    const id = readdirSync(join(folder, 'backups')).find((name) => name.startsWith('manual-')) ?? '';
    const workbench = await openBenchWorkbench(join(bench.base, 'home'));
    await restoreBackup(workbench, { name: 'lab', id: id.replace(/\.db$/, '') });
    acknowledge({ kind: 'label', name: 'before', key: file(0), on: true });
    const again = await openCrashBench(bench.base);
    try {
      acknowledge({ kind: 'label', name: 'after', key: file(1), on: false });
      await again.pass();
      await acknowledgeAll(again, acknowledge);
    } finally {
      await again.close();
    }
  },
};

/** Opened with a registry of the version before. */
export const migrate: Operation = {
  name: 'migrate',
  async prepare(bench) {
    await registered(bench);
    await addLabels(bench.context, { artifacts: [file(0)], labels: ['mine'], create_missing: true });
    const folder = rawToDisplay(bench.context.folder);
    await bench.close();
    const db = new Database(join(folder, 'registry.db'));
    // Undoes `0004-cloud`; a newer migration needs its own undoing here.
    if (db.pragma('user_version', { simple: true }) !== 4 || registryMigrations.length !== 4)
      throw new Error('Undo the newest migration here');
    db.exec('ALTER TABLE storage DROP COLUMN options');
    db.pragma('user_version = 3');
    db.close();
  },
  async run(bench, acknowledge) {
    await acknowledgeAll(bench, acknowledge);
    acknowledge({ kind: 'label', name: 'mine', key: file(0), on: true });
  },
};

export const scrub: Operation = {
  name: 'read all again',
  prepare: registered,
  async run(bench, acknowledge) {
    const scrubbing = startScrubbing(bench.context, true);
    try {
      let { state, reason } = await scrubbing.start();
      while (state === 'running' && reason === null) {
        await later(2);
        ({ state, reason } = await scrubbing.status());
      }
      if (reason !== null) throw new BenchkeepError('io_error', reason, 'Wait.');
    } finally {
      await scrubbing.close();
    }
    await acknowledgeAll(bench, acknowledge);
    acknowledge({ kind: 'visibility', uid: await uidOf(bench, file(0)), visibility: 1 });
  },
};

/** Operations about files that were moved or removed by other programs, and about taking back. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addLabels } from '../../../src-main/annotation/index.ts';
import { verify } from '../../../src-main/artifacts/index.ts';
import { undoChange } from '../../../src-main/history/index.ts';
import { put, watchedRoot, type CrashBench } from './crash-bench.ts';
import { acknowledgeAll, file, putFiles, uidOf, type Operation } from './operations.ts';

function rename(bench: CrashBench, from: string, to: string): void {
  const root = watchedRoot(bench.base);
  mkdirSync(dirname(join(root, to)), { recursive: true });
  renameSync(join(root, from), join(root, to));
}

async function registered(bench: CrashBench): Promise<void> {
  putFiles(bench, 'first');
  await bench.pass();
}

/** A folder, a file, and two files that change places. */
export const follow: Operation = {
  name: 'follow a move',
  async prepare(bench) {
    await registered(bench);
    await addLabels(bench.context, { artifacts: [file(0), file(1)], labels: ['mine'], create_missing: true });
    rename(bench, 'run-0', 'day 2/run-0');
    rename(bench, file(1), 'run-1/renamed.csv');
    rename(bench, file(2), 'run-2/aside.csv');
    rename(bench, file(5), file(2));
    rename(bench, 'run-2/aside.csv', file(5));
  },
  async run(bench, acknowledge) {
    await bench.pass();
    for (const key of [`day 2/${file(0)}`, 'run-1/renamed.csv'])
      acknowledge({ kind: 'label', name: 'mine', key, on: true });
    await acknowledgeAll(bench, acknowledge);
  },
};

/** Files that are gone, and one that came back. */
export const scan: Operation = {
  name: 'scan for what is gone',
  async prepare(bench) {
    await registered(bench);
    const root = watchedRoot(bench.base);
    rmSync(join(root, file(0)));
    await bench.passTwice();
    put(bench.base, file(0), 'first 0\n');
    for (const n of [1, 4]) rmSync(join(root, file(n)));
  },
  async run(bench, acknowledge) {
    await bench.passTwice();
    await acknowledgeAll(bench, acknowledge);
  },
};

async function transactionOf({ context }: CrashBench, operation: string): Promise<number> {
  const row = await context.registry.db
    .selectFrom('change')
    .select('tx')
    .where('operation', '=', operation)
    .orderBy('tx', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  return row.tx;
}

export const undo: Operation = {
  name: 'undo',
  async prepare(bench) {
    await registered(bench);
    await addLabels(bench.context, { artifacts: [file(0), file(3)], labels: ['wrong'], create_missing: true });
    rename(bench, 'run-1', 'run-9');
    await bench.pass();
  },
  async run(bench, acknowledge) {
    for (const operation of ['label add', 'move']) {
      const change = await transactionOf(bench, operation);
      const { db } = bench.context.registry;
      // It may be done already where this is a second try.
      const done = await db.selectFrom('change').select('id').where('operation', '=', 'undo').execute();
      if (done.length > 0 && operation === 'label add') continue;
      await undoChange(bench.context, { change }).catch((error: unknown) => {
        if ((error as { code?: string }).code !== 'refused' || done.length < 2) throw error;
      });
      if (operation === 'label add')
        for (const key of [file(0), file(3)]) acknowledge({ kind: 'label', name: 'wrong', key, on: false });
    }
    await acknowledgeAll(bench, acknowledge);
  },
};

export const read: Operation = {
  name: 'verify',
  async prepare(bench) {
    await registered(bench);
  },
  async run(bench, acknowledge) {
    const artifacts = [await uidOf(bench, file(0)), await uidOf(bench, file(1))];
    const verifying = verify(bench.context, { artifacts, all: false, registry: true });
    for (let step = await verifying.next(); step.done !== true;) step = await verifying.next();
    await acknowledgeAll(bench, acknowledge);
  },
};

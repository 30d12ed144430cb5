/** What is killed on its way. `prepare` runs undisturbed before; `run` tells what it was told is done. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addLabels, createLabel, removeLabels } from '../../../src-main/annotation/index.ts';
import { saveArtifacts } from '../../../src-main/artifacts/index.ts';
import { addStorage, removeStorage } from '../../../src-main/storage/index.ts';
import { put, type CrashBench } from './crash-bench.ts';

/** One line that was confirmed: it has to survive whatever happens afterwards. */
export type Acknowledged =
  | { kind: 'artifact'; key: string; sha256: string }
  | { kind: 'label'; name: string; key: string; on: boolean }
  | { kind: 'storage'; root: string; there: boolean }
  /** Absolute. */
  | { kind: 'file'; path: string; there: boolean }
  /** Null: not there any more. */
  | { kind: 'visibility'; uid: string; visibility: number | null };

export interface Operation {
  name: string;
  prepare(bench: CrashBench): Promise<void>;
  run(bench: CrashBench, acknowledge: (what: Acknowledged) => void): Promise<void>;
}

/** A second try may find it done. */
export async function unless(code: string, doing: Promise<unknown>): Promise<void> {
  await doing.catch((error: unknown) => {
    if ((error as { code?: string }).code !== code) throw error;
  });
}

const FILES = 12;
export const file = (n: number): string => `run-${String(n % 3)}/sample ${String(n)}.csv`;

export async function acknowledgeAll(
  { context }: CrashBench,
  acknowledge: (what: Acknowledged) => void,
): Promise<void> {
  const rows = await context.registry.db
    .selectFrom('artifact')
    .select(['key', 'sha256'])
    .where('is_latest', '=', 1)
    .execute();
  for (const { key, sha256 } of rows) acknowledge({ kind: 'artifact', key: key ?? '', sha256: sha256 ?? '' });
}

export function putFiles(bench: CrashBench, content: string): void {
  for (let n = 0; n < FILES; n++) put(bench.base, file(n), `${content} ${String(n)}\n`);
}

const register: Operation = {
  name: 'register in place',
  async prepare(bench) {
    putFiles(bench, 'first');
  },
  async run(bench, acknowledge) {
    await bench.pass();
    await acknowledgeAll(bench, acknowledge);
  },
};

const version: Operation = {
  name: 'new version',
  async prepare(bench) {
    putFiles(bench, 'first');
    await bench.pass();
    for (let n = 0; n < FILES; n += 2) put(bench.base, file(n), `second, and longer ${String(n)}\n`);
  },
  async run(bench, acknowledge) {
    await bench.pass();
    await acknowledgeAll(bench, acknowledge);
  },
};

export async function uidOf({ context }: CrashBench, key: string): Promise<string> {
  const row = await context.registry.db
    .selectFrom('artifact')
    .select('uid')
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return row.uid;
}

const label: Operation = {
  name: 'label add and remove',
  async prepare(bench) {
    putFiles(bench, 'first');
    await bench.pass();
  },
  async run(bench, acknowledge) {
    await unless('already_exists', createLabel(bench.context, { name: 'control' }));
    const keys = [file(0), file(1)];
    const artifacts = await Promise.all(keys.map((key) => uidOf(bench, key)));
    await addLabels(bench.context, { artifacts, labels: ['control', 'day 1'], create_missing: true });
    for (const key of keys)
      for (const name of ['control', 'day 1']) acknowledge({ kind: 'label', name, key, on: true });
    await removeLabels(bench.context, { artifacts: artifacts.slice(0, 1), labels: ['day 1'] });
    acknowledge({ kind: 'label', name: 'day 1', key: file(0), on: false });
  },
};

const storage: Operation = {
  name: 'storage add and remove',
  async prepare({ base }) {
    for (const name of ['linked', 'managed']) mkdirSync(join(base, name));
  },
  async run({ base, context }, acknowledge) {
    for (const name of ['linked', 'managed']) {
      await unless(
        'already_exists',
        addStorage(context, { root: join(base, name), managed: name === 'managed', watch: false }),
      );
      acknowledge({ kind: 'storage', root: join(base, name), there: true });
    }
    for (const name of ['linked', 'managed']) {
      await unless('not_found', removeStorage(context, { storage: join(base, name) }));
      acknowledge({ kind: 'storage', root: join(base, name), there: false });
    }
  },
};

/** Copied into the storage that the instance manages: a file, its next version, and a folder. */
export const save: Operation = {
  name: 'save a file, a version and a folder',
  async prepare({ base }) {
    mkdirSync(join(base, 'outside', 'plate'), { recursive: true });
    writeFileSync(join(base, 'outside', 'one.csv'), 'first');
    writeFileSync(join(base, 'outside', 'two.csv'), 'second, longer');
    for (const well of ['A1', 'A2', 'B1']) writeFileSync(join(base, 'outside', 'plate', `${well}.csv`), well);
  },
  async run(bench, acknowledge) {
    for (const name of ['one.csv', 'two.csv', 'plate']) {
      const key = name === 'plate' ? 'plate' : 'table.csv';
      const input = { paths: [join(bench.base, 'outside', name)], key, labels: [], new: false };
      const saving = saveArtifacts(bench.context, input);
      let step = await saving.next();
      while (step.done !== true) step = await saving.next();
      const [record] = step.value.items;
      acknowledge({ kind: 'artifact', key, sha256: record?.sha256 ?? '' });
    }
  },
};

/** With those of `move-operations`: `all-operations`. */
export const REGISTERING: readonly Operation[] = [register, version, label, storage, save];

/** Taking back the move of 10,000 files, and a page of transactions of 1,000,000 changes. `node test/bench/history.ts` */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { readContext } from '../../src-main/artifacts/index.ts';
import { listTransactions, undoChange } from '../../src-main/history/index.ts';
import { openTestRegistry } from '../registry/open-test-registry.ts';
import { openWatching } from '../watching/open-watching.ts';
import { makeBenchFiles } from './bare-loop/make-bench-files.ts';

const FILES = 10_000;
const CHANGES = 1_000_000;
const WANTED_UNDO = 5;
const WANTED_PAGE = 1;

function say(what: string, seconds: number, wanted: number): void {
  console.log(
    `  ${what}  ${seconds.toFixed(3)} s${seconds <= wanted ? '  ok' : '  TOO SLOW'}, wanted ${String(wanted)}`,
  );
}

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const started = performance.now();
  const result = await work();
  return { seconds: (performance.now() - started) / 1000, result };
}

const watching = await openWatching();
try {
  await makeBenchFiles(join(watching.root, 'run'), { files: FILES, folders: 100, bytes: 512, seed: 1 });
  watching.put('stays.csv');
  await watching.pass();
  renameSync(watching.path('run'), watching.path('renamed'));
  const { moved } = await watching.pass();
  if (moved !== FILES) throw new Error(`${String(moved)} of ${String(FILES)} followed`);
  const list = () => listTransactions(readContext(watching.context), { limit: 50 });
  const { seconds: page, result } = await timed(list);
  console.log(`  ${result.items[0]?.title ?? ''}`);
  say('a page with large transactions', page, WANTED_PAGE);
  const move = result.items.find(({ operation }) => operation === 'move')?.transaction ?? null;
  const undone = await timed(() => undoChange(watching.context, { change: move }));
  say(`the move of ${String(FILES)} files that stay where they are, taken back`, undone.seconds, WANTED_UNDO);
  const again = await timed(() => undoChange(watching.context, { change: undone.result.transaction }));
  say('done again', again.seconds, WANTED_UNDO);
  renameSync(watching.path('renamed'), watching.path('run'));
  const back = await timed(() => undoChange(watching.context, { change: move }));
  say('taken back where the files went back', back.seconds, WANTED_UNDO);
} finally {
  await watching.close();
}

const { registry, close } = await openTestRegistry();
try {
  // One change each: the log with the most transactions.
  const insert = registry.sqlite.prepare(
    `INSERT INTO change (id, tx, created_at, created_by_id, operation, registry, uid, action, before, after, run_id, note, hash)
     VALUES (?, ?, '2026-11-01T08:00:00.000Z', 1, ?, 'artifact', ?, 'update', ?, ?, NULL, NULL, ?)`,
  );
  const first = (registry.sqlite.prepare('SELECT max(id) AS id FROM change').get() as { id: number }).id;
  registry.sqlite.exec('BEGIN');
  for (let id = first + 1; id <= first + CHANGES; id++) {
    const uid = `A${String(id % 100_000).padStart(19, '0')}`;
    const fields = (text: string) => JSON.stringify({ id, description: text.repeat(10) });
    insert.run(id, id, id === first + 1 ? 'trash' : 'edit', uid, fields('before'), fields('after'), '0'.repeat(64));
  }
  registry.sqlite.exec('COMMIT');
  const reads = { registry: registry.db };
  const pages: [string, Parameters<typeof listTransactions>[1]][] = [
    ['the newest page', { limit: 50 }],
    ['a page in the middle', { limit: 50, before: CHANGES / 2 }],
    ['the only transaction of an operation, the oldest of all', { limit: 50, operation: ['trash'] }],
  ];
  for (const [what, input] of pages)
    say(`${what} of ${String(CHANGES)}`, (await timed(() => listTransactions(reads, input))).seconds, WANTED_PAGE);
} finally {
  await close();
}

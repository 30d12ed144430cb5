/** A folder of 10,000 registered files is renamed: how long until every record has followed. `node test/bench/rename-folder.ts` */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openWatching } from '../watching/open-watching.ts';
import { makeBenchFiles } from './bare-loop/make-bench-files.ts';

const FILES = 10_000;
const WANTED = 5;

const test = await openWatching();
try {
  await makeBenchFiles(join(test.root, 'run'), { files: FILES, folders: 100, bytes: 4096, seed: 1 });
  test.put('stays.csv');
  await test.pass();
  const times: number[] = [];
  for (const [from, to] of [
    ['run', 'renamed'],
    ['renamed', 'a/b'],
    ['a/b', 'run'],
  ] as const) {
    if (to.includes('/')) test.put('a/beside.csv');
    renameSync(test.path(from), test.path(to));
    const started = performance.now();
    // What a hint says: the old name and the new one.
    const { moved } = await test.pass({ start: [from, to] });
    times.push((performance.now() - started) / 1000);
    if (moved !== FILES) throw new Error(`${String(moved)} of ${String(FILES)} followed`);
  }
  const median = times.sort((a, b) => a - b)[1] ?? 0;
  console.log(
    `  ${String(FILES)} files of a renamed folder followed, median of 3  ${median.toFixed(2)} s${median <= WANTED ? '  ok' : '  TOO SLOW'}, wanted ${String(WANTED)}`,
  );
} finally {
  await test.close();
}

/** Kills uploads of a folder at failpoints that a whole one hits, and looks what one that is asked for again makes of it. */
import type { OutsideStore } from '../stores/outside-store.ts';
import { openFolderBench } from './folder-bench.ts';

/** What was found wrong at so many points, from the first to the last. */
export async function killFolders(store: OutsideStore, how: 'upload' | 'save', many: number): Promise<string[]> {
  const found: string[] = [];
  let folders = 0;
  const begin = async () => {
    const folder = `kill-folder-${how}-${String(folders++)}`;
    return { bench: await openFolderBench(store.root(folder), store.env, how), folder };
  };
  const traced = await begin();
  const points = await traced.bench.trace();
  found.push(...(await traced.bench.judge(store, traced.folder)));
  await traced.bench.close();
  const step = Math.max(1, points.length / many);
  const count = Math.min(many, points.length);
  const chosen = Array.from({ length: count }, (_, n) => points[Math.floor((n + 0.5) * step)] ?? '');
  for (const point of chosen) {
    const { bench, folder } = await begin();
    const { signal } = await bench.run(point);
    const wrong = signal === 'SIGKILL' ? [] : ['was not killed'];
    const again = await bench.run();
    if (again.code !== 0) wrong.push(`not done again: ${again.err}`);
    wrong.push(...(await bench.judge(store, folder)));
    for (const rest of await store.unfinished(`${folder}/`)) wrong.push(`unfinished upload of ${rest}`);
    found.push(...wrong.map((one) => `${how}, ${point}: ${one}`));
    for (const one of wrong) console.info(`${how}, ${point}: ${one}`);
    await bench.close();
  }
  console.info(`${store.kind}, ${how}: ${String(chosen.length)} of ${String(points.length)} points`);
  return found;
}

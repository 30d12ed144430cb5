/** Kills uploads at failpoints that a whole one hits, and looks what an upload that is asked for again makes of it. */
import type { OutsideStore } from '../stores/outside-store.ts';
import { openUpload } from './upload-bench.ts';

/** Of a file that goes in one request, and of one in three parts. */
const SIZES = { small: 20_000, large: 40 * 1024 ** 2 };

/** Of an artifact with that suffix in a folder of the bucket. */
export function objectOf(store: OutsideStore, folder: string, uid: string): Promise<Buffer | null> {
  return store.object(`${folder}/.lamindb/${uid}.fcs`);
}

/** What was found wrong at every `step`th point. */
export async function killUploads(store: OutsideStore, step: number): Promise<string[]> {
  const found: string[] = [];
  let folders = 0;
  for (const [name, size] of Object.entries(SIZES)) {
    const begin = () => {
      const folder = `kill-${name}-${String(folders++)}`;
      return openUpload(store.root(folder), store.env, size).then((bench) => ({ bench, folder }));
    };
    const traced = await begin();
    const points = await traced.bench.trace();
    found.push(
      ...traced.bench.judge(await objectOf(store, traced.folder, traced.bench.uid)).map((one) => `${name}: ${one}`),
    );
    await traced.bench.close();
    const chosen = points.filter((_, n) => n % step === 0);
    let missed = 0;
    for (const point of chosen) {
      const { bench, folder } = await begin();
      const { signal } = await bench.upload(point);
      // When the registry is published, and how often, differs a little: not each run comes by each point.
      if (signal !== 'SIGKILL') missed += 1;
      const wrong: string[] = [];
      const again = await bench.upload();
      if (again.code !== 0) wrong.push(`not done again: ${again.err}`);
      wrong.push(...bench.judge(await objectOf(store, folder, bench.uid)));
      for (const rest of await store.unfinished(`${folder}/`)) wrong.push(`unfinished upload of ${rest}`);
      found.push(...wrong.map((one) => `${name}, ${point}: ${one}`));
      for (const one of wrong) console.info(`${name}, ${point}: ${one}`);
      await bench.close();
    }
    if (missed > Math.max(1, chosen.length / 4))
      found.push(`${name}: ${String(missed)} of ${String(chosen.length)} were not killed`);
    console.info(`${store.kind}, ${name}: ${String(chosen.length)} of ${String(points.length)} points`);
  }
  return found;
}

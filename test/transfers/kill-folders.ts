/** Kills uploads of a folder at failpoints that a whole one hits, and looks what one that is asked for again makes of it. */
import { openS3At } from '../stores/use-s3.ts';
import type { S3Server } from '../stores/start-s3.ts';
import { openFolderBench } from './folder-bench.ts';

/** What was found wrong at so many points, from the first to the last. */
export async function killFolders(server: S3Server, how: 'upload' | 'save', many: number): Promise<string[]> {
  const found: string[] = [];
  let folders = 0;
  const begin = async () => {
    const root = `s3://${server.bucket}/kill-folder-${how}-${String(folders++)}?endpoint_url=${server.endpoint}`;
    return { bench: await openFolderBench(root, { ...server.env }, how), store: await openS3At(root, server.env) };
  };
  const traced = await begin();
  const points = await traced.bench.trace();
  found.push(...(await traced.bench.judge(traced.store)));
  await traced.bench.close();
  const step = points.length / many;
  const chosen = Array.from({ length: many }, (_, n) => points[Math.floor((n + 0.5) * step)] ?? '');
  for (const point of chosen) {
    const { bench, store } = await begin();
    const { signal } = await bench.run(point);
    const wrong = signal === 'SIGKILL' ? [] : ['was not killed'];
    const again = await bench.run();
    if (again.code !== 0) wrong.push(`not done again: ${again.err}`);
    wrong.push(...(await bench.judge(store)));
    for await (const { key } of store.uploads.list('')) wrong.push(`unfinished upload of ${key}`);
    found.push(...wrong.map((one) => `${how}, ${point}: ${one}`));
    for (const one of wrong) console.info(`${how}, ${point}: ${one}`);
    await bench.close();
  }
  console.info(`${how}: ${String(chosen.length)} of ${String(points.length)} points`);
  return found;
}

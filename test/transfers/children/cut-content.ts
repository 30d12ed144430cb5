/**
 * Cuts the power under what moves or removes content that is in a bucket, again and again, starts again and looks what is
 * there. Arguments: names of stories with commas between, how many points of each, the store, and a folder in its bucket.
 * Prints what is wrong as JSON. Runs in a mount namespace of its own; everything of the program is on the disk.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { powerDisk, type PowerDisk } from '../../faults/children/power-disk.ts';
import { outsideStore, type StorePlace } from '../../stores/outside-store.ts';
import { openContentBench, type ContentBench, type Turn } from '../content-bench.ts';
import { matters, storyOf, type ContentStory } from '../content-stories.ts';
import { judgeEnd, judgeKilled, judgeStarted } from '../judge-content.ts';

/** Two ranges. */
const SIZE = 9 * 1024 ** 2;

const [names = '', most = '1', place = '{}', folder = ''] = process.argv.slice(2);
const store = outsideStore(JSON.parse(place) as StorePlace);
const outside = mkdtempSync(join(tmpdir(), 'benchkeep-cut-'));

async function begin(bench: ContentBench, story: ContentStory): Promise<Turn> {
  const turn = await bench.begin(story);
  execFileSync('sync', ['-f', bench.cli.folder]);
  return turn;
}

/** Of a whole one. */
async function pointsOf(bench: ContentBench, story: ContentStory): Promise<{ points: string[]; wrong: string[] }> {
  const trace = join(outside, 'trace');
  rmSync(trace, { force: true });
  const turn = await begin(bench, story);
  const { code, err } = await bench.start(turn, { BK_FAILPOINT_TRACE: trace }).ended;
  if (code !== 0) throw new Error(`${story.name}: ${err}`);
  const points = readFileSync(trace, 'utf8').trim().split('\n').filter(matters);
  return { points, wrong: await judgeStarted(bench, turn, true) };
}

async function cutAt(bench: ContentBench, disk: PowerDisk, story: ContentStory, point: string): Promise<string[]> {
  const turn = await begin(bench, story);
  const pause = join(outside, 'pause');
  const { child, ended } = bench.start(turn, { BK_FAILPOINT: `${point}=pause:${pause}` });
  const over = { is: false };
  void ended.then(() => (over.is = true));
  while (!existsSync(`${pause}.reached`) && !over.is) await later(2);
  disk.cut();
  child.kill('SIGKILL');
  await ended;
  await disk.startAgain();
  // When the registry is published, and how often, differs a little: not each upload comes by each point.
  const wrong = existsSync(`${pause}.reached`) || story.fresh !== undefined ? [] : ['was not reached'];
  rmSync(`${pause}.reached`, { force: true });
  wrong.push(...(await judgeKilled(bench, turn)).map((one) => `after the cut: ${one}`));
  await bench.startAgain();
  wrong.push(...(await judgeStarted(bench, turn, false)).map((one) => `started again: ${one}`));
  const refused = await bench.again(turn);
  if (refused !== null) wrong.push(refused);
  await bench.sweep(turn);
  return [...wrong, ...(await judgeStarted(bench, turn, true)), ...(await judgeEnd(bench, turn))];
}

async function cutAll(bench: ContentBench, disk: PowerDisk): Promise<string[]> {
  const found: string[] = [];
  for (const name of names.split(',')) {
    const story = storyOf(name);
    const { points, wrong } = await pointsOf(bench, story);
    found.push(...wrong.map((one) => `${name}, whole: ${one}`));
    const many = Math.min(Number(most), points.length);
    for (let n = 0; n < many; n++) {
      const point = points[Math.floor(((n + 0.5) * points.length) / many)] ?? '';
      found.push(...(await cutAt(bench, disk, story, point)).map((one) => `${name}, ${point}: ${one}`));
    }
    console.error(`${store.kind}, ${name}: ${String(many)} of ${String(points.length)} points`);
  }
  return found;
}

const disks: PowerDisk[] = [];
let bench: ContentBench | null = null;
try {
  const onFolder = (path: string): number => disks.push(powerDisk(join(outside, 'disk.img'), path));
  bench = await openContentBench({ store, folder, size: SIZE, onFolder });
  for (const disk of disks) process.stdout.write(JSON.stringify(await cutAll(bench, disk)));
} finally {
  for (const disk of disks) disk.remove();
  await bench?.cli.close();
  rmSync(outside, { recursive: true });
  store.close();
}

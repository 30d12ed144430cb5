/**
 * Kills what moves, brings or removes content that is in a bucket, at failpoints that a whole one hits; looks at once,
 * after a start of the program, and after the same was asked for again.
 */
import { readFileSync, rmSync } from 'node:fs';
import { sample } from '../faults/crash/kill-operations.ts';
import type { OutsideStore } from '../stores/outside-store.ts';
import { openContentBench, type ContentBench, type Turn } from './content-bench.ts';
import { CANCELLING, storyOf, type ContentStory } from './content-stories.ts';
import { judgeEnd, judgeKilled, judgeStarted } from './judge-content.ts';

/** Several ranges, fetched in several notes. */
const SIZE = 20 * 1024 ** 2;
const SEED = Number(process.env['BENCHKEEP_SEED'] ?? 20_261_101);

/** What was found wrong at so many points of each story, or at all. */
export async function killContent(
  store: OutsideStore,
  stories: readonly string[],
  most = Number.MAX_SAFE_INTEGER,
): Promise<string[]> {
  const found: string[] = [];
  const folder = `kill-${stories.join('-').replaceAll(' ', '-')}-${String(most)}`;
  const bench = await openContentBench({ store, folder, size: SIZE });
  try {
    for (const name of stories) {
      const story = storyOf(name);
      const whole = await traceOf(bench, story);
      found.push(...whole.wrong.map((one) => `${name}, whole: ${one}`));
      const chosen = sample(whole.points, most, SEED);
      let missed = 0;
      for (const point of chosen) {
        const { isKilled, wrong } = await killAt(bench, story, point);
        if (!isKilled) missed += 1;
        for (const one of wrong) {
          // The deep run takes long: who watches it is not to wait for its end.
          console.info(`${name}, ${point}: ${one}`);
          found.push(`${name}, ${point}: ${one}`);
        }
      }
      // When the registry is published, and how often, differs a little: not each upload comes by each point.
      if (missed > (story.fresh === undefined ? 0 : Math.max(1, chosen.length / 4)))
        found.push(`${name}: ${String(missed)} of ${String(chosen.length)} were not killed`);
      console.info(`${store.kind}, ${name}: ${String(chosen.length)} of ${String(whole.points.length)} points`);
    }
  } finally {
    await bench.cli.close();
  }
  return found;
}

async function traceOf(bench: ContentBench, story: ContentStory): Promise<{ points: string[]; wrong: string[] }> {
  const turn = await bench.begin(story);
  const trace = bench.cli.path('trace');
  rmSync(trace, { force: true });
  const { code, err } = await bench.start(turn, { BK_FAILPOINT_TRACE: trace }).ended;
  const points = readFileSync(trace, 'utf8').trim().split('\n');
  rmSync(trace);
  const wrong = code === 0 ? [] : [`not done: ${err}`];
  wrong.push(...(await endOf(bench, turn)));
  // What comes before somebody cancels is an upload.
  return { points: points.slice(points.indexOf(CANCELLING) + 1), wrong };
}

async function killAt(
  bench: ContentBench,
  story: ContentStory,
  point: string,
): Promise<{ isKilled: boolean; wrong: string[] }> {
  const turn = await bench.begin(story);
  const { signal } = await bench.start(turn, { BK_FAILPOINT: `${point}=kill` }).ended;
  const wrong = await judgeKilled(bench, turn);
  await bench.startAgain();
  wrong.push(...(await judgeStarted(bench, turn, false)).map((one) => `started again: ${one}`));
  const refused = await bench.again(turn);
  if (refused !== null) wrong.push(refused);
  wrong.push(...(await endOf(bench, turn)).map((one) => `done again: ${one}`));
  return { isKilled: signal === 'SIGKILL', wrong };
}

/** After the story, and after what comes then. */
async function endOf(bench: ContentBench, turn: Turn): Promise<string[]> {
  const wrong: string[] = [];
  await bench.sweep(turn);
  wrong.push(...(await judgeStarted(bench, turn, true)), ...(await judgeEnd(bench, turn)));
  const { after, end } = turn.story;
  if (after === undefined) return wrong;
  const refused = await bench.again(turn, after);
  if (refused !== null) return [...wrong, refused];
  const then: Turn = { ...turn, story: { ...turn.story, end: { ...end, object: true } } };
  return [...wrong, ...(await judgeStarted(bench, then, true)), ...(await judgeEnd(bench, then))];
}

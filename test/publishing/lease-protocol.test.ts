/**
 * Several computers at one place, in every order that a scheduler finds, some of them killed on the way, and with the
 * judgement who is gone being wrong at any time: what was published is never published over by what does not go on from it.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareCopies, type History } from '../../src-main/instance/publishing/compare-copies.ts';
import { GONE_AFTER, type Self } from '../../src-main/instance/publishing/lease.ts';
import { publishSnapshot } from '../../src-main/instance/publishing/publish-snapshot.ts';
import { giveTurnBack, takeTurn } from '../../src-main/instance/publishing/take-turn.ts';
import type { Head } from '../../src-main/instance/head-file.ts';
import type { PlaceState, PublishedPlace } from '../../src-main/storage/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';

type Chain = readonly string[];
const headOf = (chain: Chain): Head => ({ id: chain.length, hash: chain.at(-1) ?? '' });
const historyOf = (chain: Chain): History => ({
  head: headOf(chain),
  goesThrough: ({ id, hash }) => id === 0 || chain[id - 1] === hash,
});

interface World {
  place: PublishedPlace;
  /** Every snapshot that ever was there, and what it took the place of. */
  replaced: { before: Chain | null; after: Chain }[];
  now: { chain: Chain; tag: string } | null;
}

const faster = (): BenchkeepError => new BenchkeepError('already_exists', 'somebody was faster', 'look again');
class Killed extends Error {}

/** Each answer comes when the scheduler says so; `fate` kills whoever asks, before or after it was done. */
function fakePlace(
  scheduler: fc.Scheduler,
  ages: () => number,
): { world: World; seenBy(fate: () => string): PublishedPlace; pending: Map<string, Chain> } {
  const pending = new Map<string, Chain>();
  let state: { state: PlaceState; tag: string } | null = null;
  let tags = 0;
  const world: World = { place: null as never, replaced: [], now: null };
  function seenBy(fate: () => string): PublishedPlace {
    const step = async <T>(name: string, run: () => T): Promise<T> => {
      const what = fate();
      await scheduler.schedule(Promise.resolve(), name);
      if (what === 'before') throw new Killed();
      const result = run();
      await scheduler.schedule(Promise.resolve(), `${name} answered`);
      if (what === 'after') throw new Killed();
      if (what === 'lost') throw new BenchkeepError('offline', 'no answer', 'wait');
      return result;
    };
    return {
      root: 'place',
      readState: () => step('read state', () => state),
      writeState: (next, over) =>
        step('write state', () => {
          if ((state?.tag ?? null) !== over) throw faster();
          state = { state: next, tag: String(++tags) };
          return state.tag;
        }),
      ageOfState: () => step('age', ages),
      lookAtSnapshot: () => step('look', () => (world.now === null ? null : { tag: world.now.tag, size: 1 })),
      replaceSnapshot: (file, over) =>
        step('replace', () => {
          if ((world.now?.tag ?? null) !== over) throw faster();
          const after = pending.get(file.path) ?? [];
          world.replaced.push({ before: world.now?.chain ?? null, after });
          world.now = { chain: after, tag: String(++tags) };
          return world.now.tag;
        }),
      fetchSnapshot: () => Promise.reject(new Error('not here')),
      putBeside: () => Promise.reject(new Error('not here')),
      removeSnapshot: () => Promise.reject(new Error('not here')),
      remove: () => Promise.reject(new Error('not here')),
    };
  }
  return { world, seenBy, pending };
}

type Step = 'open' | 'write' | 'publish' | 'close';

test('nobody publishes over what is not in their own history, and nothing that was confirmed as published is lost', async () => {
  let [published, takenOver, diverged] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.array(fc.constantFrom<Step>('open', 'write', 'publish', 'close'), { maxLength: 12 }), {
        minLength: 2,
        maxLength: 3,
      }),
      fc.infiniteStream(fc.constantFrom<number>(0, 0, GONE_AFTER)),
      fc.infiniteStream(fc.constantFrom('', '', '', '', '', '', '', '', '', '', '', '', 'before', 'after', 'lost')),
      async (scheduler, computers, ages, fates) => {
        const { world, seenBy, pending } = fakePlace(scheduler, () => Number(ages.next().value));
        const confirmed: Chain[] = [];
        let changes = 0;

        async function computer(name: number, steps: readonly Step[]): Promise<void> {
          let chain: Chain = ['init'];
          let seen: { tag: string; head: Head; at: string; root: string } | null = null;
          let sessions = 0;
          let self = selfOf(name, 0);
          const place = seenBy(() => String(fates.next().value));
          for (const step of steps) {
            try {
              if (step === 'write') chain = [...chain, `${String(name)}:${String(++changes)}`];
              else if (step === 'close') await giveTurnBack({ place, self, now: () => '', unchangedFor: () => 0 });
              else if (step === 'open') {
                self = selfOf(name, ++sessions);
                const turn = await takeTurn({ place, self, now: () => '', unchangedFor: () => 0 });
                if (turn.kind === 'mine' && turn.from !== null) takenOver++;
                const there = world.now;
                if (
                  there !== null &&
                  compareCopies(historyOf(chain), headOf(there.chain), historyOf(there.chain)) === 'behind'
                ) {
                  ({ chain } = there);
                  seen = { tag: there.tag, head: headOf(chain), at: '', root: 'place' };
                }
              } else {
                const path = `${String(name)}/${String(++changes)}`;
                const mine = chain;
                pending.set(path, mine);
                const done = await publishSnapshot(
                  {
                    place,
                    self,
                    now: () => '',
                    history: historyOf(mine),
                    memory: { seen, put_away: null },
                    inspect: (tag) =>
                      world.now?.tag === tag
                        ? Promise.resolve(headOf(world.now.chain))
                        : Promise.reject(new BenchkeepError('file_changed', 'replaced', 'again')),
                    keep: () => Promise.reject(new Error('nothing is put away here')),
                    remember(known) {
                      seen = { ...known, root: 'place' };
                      return Promise.resolve();
                    },
                  },
                  {
                    path: path as never,
                    size: 1,
                    checksums: { crc32: '', md5: '', sha256: '' },
                    head: headOf(mine),
                    nArtifacts: 0,
                  },
                );
                if (done.kind === 'published') {
                  published++;
                  confirmed.push(mine);
                }
                if (done.kind === 'not ahead') diverged++;
              }
            } catch (error) {
              // Killed: the same computer starts again with what it had.
              if (!(error instanceof Killed) && !(error instanceof BenchkeepError)) throw error;
            }
          }
        }

        const all = Promise.all(computers.map((steps, name) => computer(name, steps)));
        await scheduler.waitFor(all);
        for (const { before, after } of world.replaced)
          expect(after.slice(0, before?.length ?? 0)).toEqual(before ?? []);
        for (const chain of confirmed) expect(world.now?.chain.slice(0, chain.length)).toEqual(chain);
      },
    ),
    { numRuns: 400 },
  );
  // It was tried at all.
  expect(Math.min(published, takenOver, diverged)).toBeGreaterThan(20);
});

function selfOf(name: number, session: number): Self {
  const id = String(name);
  return { instanceUid: 'lab', workstationUid: id, session: `${id}-${String(session)}`, host: id, home: '/', user: id };
}

/** Computers of a lab in one test: each with a data folder and a clock of its own, and one place that all of them reach. */
import { setImmediate as turn } from 'node:timers/promises';
import { join } from 'node:path';
import { BenchkeepError } from '../../shared/errors.ts';
import type { PublishedKeeper } from '../../src-main/instance/publishing/keep-published.ts';
import {
  connectInstance,
  defaultRootOf,
  headOf,
  initInstance,
  joinPublished,
  keepPublished,
  openInstance,
  recordWatch,
  registryWork,
  type OpenInstance,
  type RegistryWork,
  type Workbench,
} from '../../src-main/instance/index.ts';
import { createLabel, listLabels } from '../../src-main/annotation/index.ts';
import type { Fs } from '../../src-main/ports/fs/fs.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import { fakeClock, type FakeClock } from '../watching/fake-clock.ts';
import { noHasher, openBenchWorkbench } from '../instance/open-bench.ts';

type Joined = Awaited<ReturnType<typeof joinPublished>>;

export interface Opening {
  joined: Joined;
  keeper: PublishedKeeper;
  open: OpenInstance;
  /** How often it asked to be opened anew. */
  turns: number;
  label(name: string): Promise<void>;
  labels(): Promise<string[]>;
  /** As the program does it. `killed`: nothing of the published registry is done. */
  close(how?: 'killed'): Promise<void>;
}

export interface Computer {
  workbench: Workbench;
  clock: FakeClock;
  /** Of this instance, for looking. */
  path(...parts: string[]): string;
  /** `stays`: as a window; else as a command. */
  open(options?: { stays?: boolean }): Promise<Opening>;
  /** Its clock goes on while it is awake. */
  pass(ms: number): Promise<void>;
  /** It sleeps: only the clock on the wall goes on. */
  sleep(ms: number): void;
  /** What is to be used instead of the work on whole files. */
  work: Pick<RegistryWork, 'makeSnapshot'>;
  /** Below this folder it may only read. */
  onlyReads: string | null;
}

const STEP = 5000;
/** Turns of the loop in which nothing was asked of the disk: nothing is under way. */
const IDLE = 60;

/** Counts what is under way, so that a test's time does not fly while the disk is at work. */
function counted(fs: Fs, mayWrite: (path: string) => boolean): { fs: Fs; idle(): Promise<void> } {
  let busy = 0;
  const refusing: Fs = {
    ...fs,
    fillFsyncMoveIn: (request) =>
      mayWrite(request.target)
        ? fs.fillFsyncMoveIn(request)
        : Promise.reject(new BenchkeepError('not_allowed', 'Writing is not allowed', 'Ask for it.')),
  };
  const wrapped = Object.fromEntries(
    Object.entries(refusing).map(([name, method]: [string, unknown]) => [
      name,
      (...given: unknown[]) => {
        const result: unknown = (method as (...args: unknown[]) => unknown)(...given);
        if (!(result instanceof Promise)) return result;
        busy++;
        const done = (): void => {
          busy--;
        };
        result.then(done, done);
        return result;
      },
    ]),
  ) as unknown as Fs;
  return {
    fs: wrapped,
    async idle() {
      for (let quiet = 0; quiet < IDLE; quiet++) {
        await turn();
        if (busy > 0) quiet = 0;
      }
    },
  };
}

export async function openComputer(base: string, name: string): Promise<Computer> {
  const clock = fakeClock(Date.now());
  const { fs, idle } = counted(
    nodeFs(systemRandom),
    (path) => computer.onlyReads === null || !path.startsWith(computer.onlyReads),
  );
  const home = join(base, name);
  const workbench = await openBenchWorkbench(home, { clock, fs, login: name });
  const records = recordWatch(clock);
  const computer: Computer = {
    workbench,
    clock,
    path: (...parts) => join(home, ...parts),
    work: registryWork(fs),
    onlyReads: null,
    async open({ stays = true } = {}) {
      const joined = await joinPublished(workbench, 'lab', { takes: stays, records });
      let keeper: PublishedKeeper | null = null;
      const open = await openInstance(workbench, {
        name: 'lab',
        hasher: noHasher,
        readOnly: joined.readOnly,
        beforeWriting: () => keeper?.beforeWriting() ?? Promise.resolve(),
        onCommitted: (committed) => keeper?.committed(committed),
      });
      open.warnings.push(...joined.warnings);
      const made = await keepPublished({
        workbench: joined.workbench,
        joined,
        warnings: open.warnings,
        stays,
        work: { makeSnapshot: (request) => computer.work.makeSnapshot(request) },
        head: headOf(open.registry.sqlite),
        storage: await defaultRootOf(open.registry.db),
        onNews: () => undefined,
        onTurn: () => {
          opening.turns++;
        },
      });
      keeper = made;
      const opening: Opening = {
        joined,
        keeper: made,
        open,
        turns: 0,
        async label(label) {
          await createLabel(open, { name: label });
        },
        labels: async () =>
          (await listLabels({ registry: open.registry.db }, {})).items.map((label) => label.name).sort(),
        async close(how) {
          await made.stop();
          await open.close();
          if (how === undefined) await made.leave();
          joined.workbench.stores.close();
        },
      };
      return opening;
    },
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += STEP) {
        await clock.advance(Math.min(STEP, ms - passed));
        await idle();
      }
    },
    sleep(ms) {
      clock.jump(ms);
    },
  };
  return computer;
}

/** Openings of one test: what it leaves open is killed at its end. */
export function openings(): {
  open(computer: Computer, options?: { stays?: boolean }): Promise<Opening>;
  close(opening: Opening, how?: 'killed'): Promise<void>;
  /** The test closed them in its own way. */
  forgetAll(): void;
  killAll(): Promise<void>;
} {
  const opened: Opening[] = [];
  return {
    async open(computer, options) {
      const opening = await computer.open(options);
      opened.push(opening);
      return opening;
    },
    async close(opening, how) {
      opened.splice(opened.indexOf(opening), 1);
      await opening.close(how);
    },
    forgetAll() {
      opened.length = 0;
    },
    async killAll() {
      for (const opening of opened.splice(0)) await opening.close('killed').catch(() => undefined);
    },
  };
}

/** Two computers of a lab whose instance is published in `place`, and open nowhere. */
export async function openTwo(base: string, place: string): Promise<[Computer, Computer]> {
  const [a, b] = [await openComputer(base, 'ada'), await openComputer(base, 'bob')];
  await initInstance(a.workbench, { storage: place, name: 'lab' });
  const first = await a.open();
  await first.close();
  await connectInstance(b.workbench, { instance: place });
  return [a, b];
}

/**
 * Reads all content again from time to time: a round goes on where it was after a restart, waits in the middle of a
 * file whenever anything else is to be read, and begins by itself when the last one is old enough.
 */
import type { ScrubStatus } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import type { ScrubRow } from '../workstation/schema.ts';
import { dropNotSeen, putScrub, readScrub } from '../workstation/scrub-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { copiesHere } from './copies-here.ts';
import { readScrubStatus } from './read-scrub-status.ts';
import { scrubPage } from './scrub-page.ts';

/** Ms after the start, when people wait for other things, and between two looks whether a round is due. */
const FIRST_LOOK = 60_000;
const LOOK = 600_000;

export interface Scrubbing {
  status(): Promise<ScrubStatus>;
  /** Begins a round, or goes on with the one that was paused. */
  start(): Promise<ScrubStatus>;
  pause(): Promise<ScrubStatus>;
  /** The round under way goes on at the next start of the program. */
  close(): Promise<void>;
}

/** `active` false: only remembers what is wanted, for the program that keeps running. */
export function startScrubbing(context: InstanceContext, active: boolean): Scrubbing {
  const { clock, workstation } = context;
  let stop = new AbortController();
  let running: Promise<void> | null = null;
  let closed = false;
  let problem: string | null = null;
  let bytes = 0;
  let cancel = (): void => undefined;

  function lookIn(ms: number): void {
    cancel();
    if (active && !closed) cancel = clock.after(ms, () => void look());
  }

  async function look(): Promise<void> {
    try {
      const { state, next_at: next } = await readScrubStatus(context);
      if (closed) return;
      if (state === 'idle' && next !== null && Date.parse(next) <= clock.now()) await begin();
      if (state === 'running' || (await readScrub(workstation)).state === 'running') run();
      problem = null;
    } catch (error) {
      takeProblem(error);
    }
    lookIn(LOOK);
  }

  async function begin(): Promise<void> {
    const before = await readScrub(workstation);
    const { total } = await copiesHere(context)
      .select((e) => e.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow();
    await write({
      ...before,
      ...(before.state === 'paused'
        ? {}
        : {
            round: before.round + 1,
            position: 0,
            checked: 0,
            total,
            bytes: 0,
            failed: 0,
            started_at: timestamp(clock),
          }),
      state: 'running',
    });
  }

  function run(): void {
    if (!active || closed || running !== null) return;
    const own = new AbortController();
    stop = own;
    running = round(own.signal)
      .catch((error: unknown) => {
        if (!own.signal.aborted) takeProblem(error);
      })
      .finally(() => {
        running = null;
      });
  }

  async function round(signal: AbortSignal): Promise<void> {
    const isStopped = (): boolean => signal.aborted;
    let row = await readScrub(workstation);
    while (!isStopped()) {
      bytes = 0;
      const next = await scrubPage(context, row, { signal, onBytes: (read) => (bytes += read) });
      problem = null;
      if (next === null) {
        await writeWorkstation(workstation, async (tx) => {
          await dropNotSeen(tx, row.round);
          await putScrub(tx, { ...row, state: 'idle', finished_at: timestamp(clock) });
        });
        bytes = 0;
        return;
      }
      row = next;
    }
  }

  /** The round goes on at the next look. */
  function takeProblem(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    problem = `Reading again stopped: ${message}. It goes on by itself in some minutes.`;
  }

  function write(row: ScrubRow): Promise<void> {
    return writeWorkstation(workstation, (tx) => putScrub(tx, row));
  }

  async function status(): Promise<ScrubStatus> {
    const read = await readScrubStatus(context);
    return { ...read, bytes: read.bytes + (running === null ? 0 : bytes), reason: problem };
  }

  lookIn(FIRST_LOOK);
  return {
    status,
    async start() {
      if ((await readScrub(workstation)).state !== 'running') await begin();
      run();
      return status();
    },
    async pause() {
      stop.abort();
      await running;
      const row = await readScrub(workstation);
      if (row.state === 'running') await write({ ...row, state: 'paused' });
      return status();
    },
    async close() {
      closed = true;
      cancel();
      stop.abort();
      await running;
    },
  };
}

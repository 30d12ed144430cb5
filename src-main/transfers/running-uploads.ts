/** The uploads that are worked on at this moment: how far each is is told and kept, and they can be stopped. */
import type { Clock } from '../ports/clock.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import type { Bandwidth } from './bandwidth.ts';
import { runningTransfer, type RunningTransfer } from './running-transfer.ts';

/** Ms between two writings of how far one is, and between two tellings. */
const KEEP_EVERY = 1_000;
const TELL_EVERY = 500;

export interface RunningContext {
  workstation: Workstation;
  clock: Clock;
  bandwidth: Bandwidth;
  /** Brings one to its end, or takes its failure; never fails. */
  work: (one: RunningTransfer) => Promise<void>;
  /** Bytes that the store has of it by now. */
  onSent: (id: number, bytes: number) => void;
  /** Another one is worked on, or one is farther. */
  onChange: () => void;
  /** One is not worked on any more. */
  onEnd: () => void;
}

export interface RunningUploads {
  begin(row: TransferRow): void;
  has(id: number): boolean;
  /** In bytes. */
  sizes(): number[];
  /** Null where nobody works on it. */
  progressOf(id: number): { sent: number; rate: number | null } | null;
  /** Breaks them off, null all; resolves when nobody is at work on them. */
  stop(ids: readonly number[] | null): Promise<void>;
  /** Parts that are on their way arrive, and nothing after them; not of those that are to go on. */
  stopAfterPart(goesOn: (id: number) => boolean): void;
}

export function runningUploads(context: RunningContext): RunningUploads {
  const { workstation, clock, work, onSent, onChange, onEnd } = context;
  const running = new Map<number, RunningTransfer>();
  let toldAt = -Infinity;
  return {
    begin(row) {
      let keptAt = clock.monotonic();
      let keeping: Promise<unknown> = Promise.resolve();
      const one = runningTransfer(context, row, (sent) => {
        onSent(row.id, sent);
        const now = clock.monotonic();
        if (now - toldAt >= TELL_EVERY) {
          toldAt = now;
          onChange();
        }
        if (now - keptAt < KEEP_EVERY) return;
        keptAt = now;
        keeping = updateTransfer(workstation, row.id, { sent }, { mayBeLost: true }).catch(() => undefined);
      });
      running.set(row.id, one);
      one.ended = work(one).finally(async () => {
        await keeping;
        running.delete(row.id);
        onChange();
        onEnd();
      });
      onChange();
    },
    has: (id) => running.has(id),
    sizes: () => [...running.values()].map(({ row }) => row.size),
    progressOf(id) {
      const one = running.get(id);
      return one === undefined ? null : { sent: one.sent(), rate: one.rate() };
    },
    async stop(ids) {
      const stopping = ids === null ? [...running.values()] : ids.flatMap((id) => running.get(id) ?? []);
      for (const one of stopping) one.stop();
      await Promise.all(stopping.map(({ ended }) => ended));
    },
    stopAfterPart(goesOn) {
      for (const one of running.values()) if (!goesOn(one.row.id)) one.stopAfterPart();
    },
  };
}

/** A queue over a real workstation database, with a runner and a clock that a test has in its hands. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { bandwidth } from '../../src-main/transfers/bandwidth.ts';
import type { RunTools } from '../../src-main/transfers/running-transfer.ts';
import type { Settled } from '../../src-main/transfers/settle-upload.ts';
import type { TransferQueue } from '../../src-main/transfers/queue-interface.ts';
import { transferQueue } from '../../src-main/transfers/transfer-queue.ts';
import { openWorkstation, type Workstation } from '../../src-main/workstation/open-workstation.ts';
import type { TransferRow } from '../../src-main/workstation/schema.ts';
import { writeSetting } from '../../src-main/workstation/settings.ts';
import { changeTransfers, readTransfer, updateTransfer } from '../../src-main/workstation/transfer-rows.ts';
import { insertUploads } from '../../src-main/workstation/upload-rows.ts';
import { fakeClock, type FakeClock } from '../watching/fake-clock.ts';

const LARGE = 10 * 1024 ** 2;

/** In bytes: names say it. */
function sizeOf(name: string): number {
  if (name.startsWith('smallest')) return 100;
  return name.startsWith('small') ? 1024 ** 2 : LARGE;
}

export interface QueueBench {
  queue: TransferQueue;
  workstation: Workstation;
  clock: FakeClock;
  /** The computer is on another network from now on. */
  changeNetwork(to: string): void;
  /** Ids that are worked on, and how often each was begun. */
  running: Set<number>;
  begun: Map<number, number>;
  /** What is wrong with what the queue did. */
  wrong: string[];
  /** How often something was told. */
  told(): number;
  add(...names: string[]): Promise<number[]>;
  pause(...ids: number[]): Promise<void>;
  resume(...ids: number[]): Promise<void>;
  cancel(...ids: number[]): Promise<void>;
  succeed(id: number): void;
  fail(id: number, error: Error): void;
  /** Fails, and waits until that is written down. */
  failed(id: number, error: Error): Promise<TransferRow>;
  toolsOf(id: number): RunTools;
  rows(): Promise<TransferRow[]>;
  /** Moves the clock on; what was under way before and what rings on the way comes to rest. */
  advance(ms: number): Promise<void>;
  /** Waits until these are worked on, and no others. */
  work(ids: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

export async function openQueue({
  atOnce = 2,
  start = true,
}: { atOnce?: number; start?: boolean } = {}): Promise<QueueBench> {
  const folder = mkdtempSync(join(tmpdir(), 'benchkeep-queue-'));
  const workstation = await openWorkstation(rawFromText(join(folder, 'workstation.db')), { readonly: false });
  // A test is about the queue: the disk needs not to be sure.
  workstation.sqlite.pragma('synchronous = OFF');
  await writeSetting(workstation, 'uploads_at_once', atOnce);
  const clock = fakeClock(Date.UTC(2026, 10, 1));
  const running = new Map<number, { end: (error?: Error) => void; tools: RunTools }>();
  const ids = new Set<number>();
  const smalls = new Set<number>();
  const begun = new Map<number, number>();
  const wrong: string[] = [];
  let told = 0;
  let network = 'lab';
  const run = (row: TransferRow, tools: RunTools): Promise<Settled> =>
    new Promise((resolve, reject) => {
      if (ids.has(row.id)) wrong.push(`${String(row.id)} is worked on twice`);
      if (row.paused === 1) wrong.push(`${String(row.id)} is paused`);
      if (row.state === 'done' || row.state === 'cancelled') wrong.push(`${String(row.id)} is over`);
      ids.add(row.id);
      begun.set(row.id, (begun.get(row.id) ?? 0) + 1);
      if (row.size < LARGE) smalls.add(row.id);
      const large = [...ids].filter((id) => !smalls.has(id)).length;
      if (large > atOnce) wrong.push(`${String(large)} at once`);
      const end = (error?: Error): void => {
        if (running.delete(row.id)) ids.delete(row.id);
        else return;
        if (error !== undefined) reject(error);
        else
          updateTransfer(workstation, row.id, { state: 'done' }).then((done) => {
            resolve({ row: done, cached: null });
          }, reject);
      };
      running.set(row.id, { end, tools });
      tools.signal.addEventListener('abort', () => {
        end(new Error('aborted'));
      });
    });
  const queue = transferQueue({
    workstation,
    clock,
    random: (n) => new Uint8Array(n).fill(255),
    network: () => network,
    bandwidth: bandwidth(clock),
    run,
    onChange: () => told++,
  });
  if (start) queue.start();
  const held = (all: number[], patch: Parameters<typeof changeTransfers>[2]): Promise<void> =>
    queue.hold(all, () => changeTransfers(workstation, all, patch));
  return {
    queue,
    workstation,
    clock,
    changeNetwork(to) {
      network = to;
    },
    running: ids,
    begun,
    wrong,
    told: () => told,
    async add(...names) {
      const rows = await insertUploads(
        workstation,
        names.map((name) => ({
          direction: 'upload',
          purpose: 'upload',
          artifact_uid: name,
          storage_uid: name.startsWith('other') ? 'other' : 'storage',
          path: Buffer.from(name),
          source: Buffer.from(name),
          facts: '{}',
          size: sizeOf(name),
          sha256: name,
          state: 'planned',
          created_at: '2026-11-01T00:00:00.000Z',
          updated_at: '2026-11-01T00:00:00.000Z',
        })),
        ids,
      );
      queue.wake();
      return rows.flatMap((row) => row?.id ?? []);
    },
    pause: (...all) => held(all, { paused: 1 }),
    async resume(...all) {
      await changeTransfers(workstation, all, { paused: 0, next: null, attempts: 0, error: null });
      queue.tryAgain();
    },
    cancel: (...all) => held(all, { state: 'cancelled' }),
    succeed: (id) => running.get(id)?.end(),
    fail: (id, error) => running.get(id)?.end(error),
    async failed(id, error) {
      const { attempts } = await readTransfer(workstation, id);
      running.get(id)?.end(error);
      return vi.waitFor(
        async () => {
          const row = await readTransfer(workstation, id);
          if (row.attempts === attempts || queue.progressOf(id) !== null) throw new Error('not written down yet');
          return row;
        },
        { timeout: 10_000, interval: 2 },
      );
    },
    toolsOf(id) {
      const found = running.get(id);
      if (found === undefined) throw new Error(`${String(id)} is not worked on`);
      return found.tools;
    },
    rows: () => workstation.db.selectFrom('transfer').selectAll().orderBy('id').execute(),
    async advance(ms) {
      await rest();
      await clock.advance(ms);
      await rest();
    },
    work: (wanted) =>
      vi.waitFor(
        () => {
          const now = [...ids].sort((a, b) => a - b);
          const asked = [...wanted].sort((a, b) => a - b);
          if (JSON.stringify(now) !== JSON.stringify(asked))
            throw new Error(`at work on ${JSON.stringify(now)} instead of ${JSON.stringify(asked)}`);
        },
        { timeout: 10_000, interval: 2 },
      ),
    async close() {
      await queue.close();
      await workstation.db.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function rest(): Promise<void> {
  for (let n = 0; n < 50; n++) await new Promise((resolve) => setImmediate(resolve));
}

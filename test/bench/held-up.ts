/**
 * How long others wait for the thread while a list of 100,000 objects is read, how long 10,000 transfers that are over make
 * the list of transfers, and how long a change waits while a backup is made. `node test/bench/held-up.ts`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveArtifacts } from '../../src-main/artifacts/index.ts';
import { registryThreads } from '../../src-main/engine/registry-client.ts';
import { setSettings } from '../../src-main/instance/index.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { storageTree } from '../../src-main/storage/index.ts';
import { openWorkstation } from '../../src-main/workstation/open-workstation.ts';
import { activeTransfers, countTransfers, transfersOver } from '../../src-main/workstation/transfer-rows.ts';
import { insertUploads } from '../../src-main/workstation/upload-rows.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { makeBench } from '../instance/open-bench.ts';
import { startList } from '../storage/start-list.ts';
import { manyTransfers } from '../transfers/many-transfers.ts';

const OBJECTS = 100_000;
const OVER = 10_000;

function show(what: string, text: string): void {
  console.log(`  ${what.padEnd(62)} ${text}`);
}

/** Ms of its own time that the thread was at work between two turns: other programs don't count. */
async function turnsOf(run: () => Promise<unknown>): Promise<string> {
  const used = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const turns: number[] = [];
  let last = used();
  const pulse = setInterval(() => {
    const now = used();
    turns.push(now - last);
    last = now;
  }, 1);
  const began = performance.now();
  await run();
  clearInterval(pulse);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const long = turns.filter((turn) => turn > 10).length;
  return `${seconds} s, longest turn ${Math.max(...turns).toFixed(0)} ms, ${String(long)} over 10 ms`;
}

async function lists(): Promise<void> {
  const { endpoint, close } = await startList(OBJECTS);
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's', AWS_REGION: 'eu-north-1' });
  const bench = makeBench();
  const { open } = await bench.instance();
  // The client of S3 is read once, which takes a second.
  await import('@aws-sdk/client-s3');
  const root = `s3://big?endpoint_url=${endpoint}`;
  show(`tree of ${String(OBJECTS)} objects`, await turnsOf(() => storageTree(open, { storage: root })));
  const input = { paths: [`s3://big/many?endpoint_url=${endpoint}`], labels: [], new: false };
  show('the same as one artifact', await turnsOf(() => ended(saveArtifacts(open, input))));
  await bench.remove();
  close();
}

async function transfers(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'benchkeep-bench-'));
  const workstation = await openWorkstation(rawFromText(join(folder, 'workstation.db')), { readonly: false });
  await insertUploads(workstation, manyTransfers({ over: OVER, waiting: 500 }), new Set());
  const times: number[] = [];
  for (let n = 0; n < 99; n++) {
    const began = performance.now();
    await activeTransfers(workstation, 1000);
    await transfersOver(workstation, 200);
    await countTransfers(workstation);
    times.push(performance.now() - began);
  }
  show(`list of transfers with ${String(OVER)} that are over`, slowest(times));
  await workstation.db.destroy();
  rmSync(folder, { recursive: true });
}

async function backups(): Promise<void> {
  const bench = makeBench();
  const { open } = await bench.instance();
  const threads = registryThreads();
  const times: number[] = [];
  for (let n = 0; n < 5; n++) {
    const request = { folder: open.folder, uid: open.instanceUid, kind: 'manual', now: Date.now() } as const;
    const over = { is: false };
    const running = threads.makeBackup(request).finally(() => (over.is = true));
    for (let on = true; !over.is; on = !on) {
      await new Promise((resolve) => setImmediate(resolve));
      const began = performance.now();
      await setSettings(open, { keep_artifacts_local: on });
      times.push(performance.now() - began);
    }
    await running;
  }
  show(`a change while a backup is made (${String(times.length)} of them)`, slowest(times));
  await threads.close();
  await bench.remove();
}

function slowest(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `${middle.toFixed(1)} ms, slowest ${(sorted.at(-1) ?? 0).toFixed(1)} ms`;
}

await lists();
await transfers();
await backups();

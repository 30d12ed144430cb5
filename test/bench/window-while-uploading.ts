/**
 * How long the window waits for its answers while 2 GiB are uploaded: pages of the list, details, transfers and counts,
 * through the contract, from a client over a port to the engine's thread. Before, meanwhile, and with 5,000 small files.
 * `node test/bench/window-while-uploading.ts`
 */
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { ContractRouterClient } from '@orpc/contract';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, exit } from 'node:process';
import { setTimeout as later } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { listArtifactsInput } from '../../shared/contract/artifacts.ts';
import type { Contract } from '../../shared/contract/index.ts';
import type { Host } from '../../src-main/engine/host.ts';
import { startEngine } from '../../src-main/engine/start-engine.ts';
import { noKeychain } from '../../src-main/hosts/no-keychain.ts';
import { keepAlive } from '../../src-main/ports/clock.ts';
import { installServer } from '../stores/install-server.ts';
import { startInMemory } from './server-in-memory.ts';

/** Ms between two rounds of calls, about as often as a window in which somebody works. */
const PAUSE = 20;
const LARGE = 2 * 2 ** 30;
const SMALL = { files: 5000, size: 20 * 1024 };
/** Ms. */
const WANTED = 20;

const missing = await installServer('versitygw');
if (missing !== null) {
  console.log(`  skipped: ${missing}`);
  exit(0);
}
const server = await startInMemory();
Object.assign(env, server.env);

const folder = mkdtempSync(join(tmpdir(), 'benchkeep-bench-window-'));
const host: Host = {
  capabilities: { kind: 'browser', folder_picker: false, reveal: false, dropped_paths: false, keychain: false },
  pickFolder: () => Promise.resolve(null),
  pickFiles: () => Promise.resolve([]),
  reveal: () => Promise.resolve(),
  ...noKeychain,
};
const end = keepAlive();
const options = { home: join(folder, 'home'), instance: null, watch: true, listen: false, threads: true } as const;
const engine = await startEngine(options, host);
const { port1, port2 } = new MessageChannel();
engine.attach(port2);
port1.start();
const client: ContractRouterClient<Contract> = createORPCClient(new RPCLink({ port: port1 }));
try {
  await client.instance.init({
    storage: `s3://${server.bucket}/window?endpoint_url=${server.endpoint}`,
    name: 'bench',
  });
  await client.settings.set({ keep_artifacts_local: true });
  const data = join(folder, 'data');
  mkdirSync(data);
  await client.storages.add({ root: data });
  const large = join(data, 'large.raw');
  writeLarge(large);
  const [one = ''] = await save([large]);
  const small = Array.from({ length: SMALL.files }, (_, n) => join(data, `small-${String(n)}.raw`));
  for (const path of small) writeFileSync(path, randomFillSync(Buffer.alloc(SMALL.size)));
  const many = await save(small);

  report('before', await callsDuring(later(5000)));
  await upload('while 2 GiB are uploaded', [one]);
  await upload('while 5,000 × 20 KiB are uploaded', many);
} finally {
  await engine.close();
  end();
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
}

async function save(paths: string[]): Promise<string[]> {
  const job = await client.artifacts.save({ paths });
  for (;;) {
    const step = await job.next();
    if (step.done === true) return step.value.items.map(({ uid }) => uid);
  }
}

async function upload(name: string, artifacts: string[]): Promise<void> {
  const began = performance.now();
  const job = await client.artifacts.upload({ artifacts, free_up: false });
  const uploading = (async () => {
    while ((await job.next()).done !== true) continue;
    return performance.now() - began;
  })();
  const times = await callsDuring(uploading);
  report(`${name} (${((await uploading) / 1000).toFixed(1)} s)`, times);
}

/** Ms of each call until `work` is over. */
async function callsDuring(work: Promise<unknown>): Promise<number[]> {
  const over = { is: false };
  void work.finally(() => (over.is = true));
  const page = listArtifactsInput.parse({ sort: { field: 'created_at', descending: true } });
  const times: number[] = [];
  const calls = [() => client.artifacts.list(page), () => client.transfers.list({}), () => client.storages.list({})];
  while (!over.is) {
    for (const call of calls) {
      const began = performance.now();
      await call();
      times.push(performance.now() - began);
    }
    await later(PAUSE);
  }
  return times;
}

function report(name: string, times: number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const verdict = at(0.99) <= WANTED ? 'ok' : 'TOO SLOW';
  const shown = [at(0.5), at(0.99), at(1)].map((ms) => ms.toFixed(1));
  console.log(
    `  ${name.padEnd(44)} ${String(sorted.length)} calls, ms: p50 ${shown.join(', p99 ').replace(/, p99 ([^,]*)$/, ', longest $1')}  ${verdict}, wanted ${String(WANTED)}`,
  );
}

function writeLarge(path: string): void {
  const block = randomFillSync(Buffer.alloc(64 * 2 ** 20));
  const file = openSync(path, 'w');
  for (let written = 0; written < LARGE; written += block.length) {
    block.writeUInt32LE(written / block.length, 0);
    writeSync(file, block);
  }
  closeSync(file);
}

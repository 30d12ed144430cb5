/**
 * One file of 2 GiB: how fast it is hashed beside `openssl dgst -sha256`, when it is in the table, what memory that takes.
 * Run: `npx node test/bench/large-file.ts [GiB]`.
 */
import { closeSync, mkdtempSync, openSync, rmSync, utimesSync, writeSync } from 'node:fs';
import { randomFillSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerFiles } from '../../src-main/artifacts/index.ts';
import { hashPool } from '../../src-main/engine/hash-pool.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { openBenchInstance } from './open-bench-instance.ts';
import { measureOpensslSha256 } from './openssl/measure-openssl-sha256.ts';

const gib = Number(process.argv[2] ?? 2);
const folder = mkdtempSync(join(tmpdir(), 'benchkeep-bench-large-'));
const show = (what: string, value: string): void => {
  console.log(`${what.padEnd(60)} ${value}`);
};

try {
  const file = join(folder, 'data', 'image stack.raw');
  const instance = await openBenchInstance(folder, join(folder, 'data'));
  writeLarge(file);
  const openssl = await measureOpensslSha256(file);

  const hasher = hashPool(1);
  const speeds: number[] = [];
  for (let i = 0; i < 3; i++) {
    const began = performance.now();
    await hasher.hashFiles([rawFromText(file)]);
    speeds.push((gib * 2 ** 30) / 1e6 / ((performance.now() - began) / 1000));
  }
  await hasher.close();
  const ours = speeds.sort((a, b) => a - b)[1] ?? 0;
  if ('notMeasured' in openssl) show('sha256 and hash together, MB/s', `${ours.toFixed(0)}   (${openssl.notMeasured})`);
  else {
    const ratio = ours / openssl.megabytesPerSecond;
    show(
      'sha256 and hash together, MB/s (openssl sha256 alone)',
      `${ours.toFixed(0)} (${openssl.megabytesPerSecond.toFixed(0)})  ratio ${ratio.toFixed(2)}, wanted 0.9`,
    );
  }

  const base = process.memoryUsage().rss;
  let peak = base;
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  const began = performance.now();
  const facts = await instance.context.fs.look(rawFromText(file));
  if (facts === null) throw new Error('the file is gone');
  const done = registerFiles(instance.context, {
    storage: instance.storage,
    files: [{ path: rawFromText('image stack.raw'), facts }],
    author: { userId: 1, runId: null },
    operation: 'watch',
  });
  let visible = 0;
  while (visible === 0) {
    const row = await instance.context.registry.db.selectFrom('artifact').select('state').executeTakeFirst();
    if (row !== undefined) visible = performance.now() - began;
    else await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  clearInterval(sampler);
  show('in the table after, ms', `${visible.toFixed(0)}   wanted 1000`);
  show('read wholly and verified after, ms', (performance.now() - began).toFixed(0));
  show('peak memory above base, MB', `${((peak - base) / 1e6).toFixed(0)}   wanted 150`);
  await instance.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function writeLarge(path: string): void {
  const block = Buffer.allocUnsafe(64 * 1024 * 1024);
  const out = openSync(path, 'w');
  for (let i = 0; i < gib * 16; i++) {
    if (i === 0) randomFillSync(block);
    block.writeUInt32LE(i, 0);
    writeSync(out, block);
  }
  closeSync(out);
  utimesSync(path, 1e9, 1e9);
}

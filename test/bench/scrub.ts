/**
 * How fast all content is read again beside `openssl dgst -sha256`, what memory that takes, and how soon it makes room
 * for a person's file. `node test/bench/scrub.ts [GiB]`.
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, utimesSync, writeSync } from 'node:fs';
import { setTimeout as later } from 'node:timers/promises';
import { registerFiles } from '../../src-main/artifacts/index.ts';
import { keepAlive } from '../../src-main/ports/clock.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { startScrubbing } from '../../src-main/scrubbing/index.ts';
import { openWatching } from '../watching/open-watching.ts';
import { measureOpensslSha256 } from './openssl/measure-openssl-sha256.ts';

const gib = Number(process.argv[2] ?? 2);
const PARTS = 4;
const show = (what: string, value: string): void => {
  console.log(`${what.padEnd(60)} ${value}`);
};

const rest = keepAlive();
const test = await openWatching();
try {
  for (let n = 0; n < PARTS; n++) writeLarge(test.put(`stack ${String(n)}.raw`), (gib * 2 ** 30) / PARTS);
  await test.pass();
  // One thread against one program.
  const openssl = await measureOpensslSha256(test.path('stack 0.raw'));
  const scrubbing = startScrubbing(test.context, true);
  const rounds: number[] = [];
  const base = process.memoryUsage().rss;
  let peak = base;
  for (let round = 0; round < 3; round++) {
    const began = performance.now();
    let { state } = await scrubbing.start();
    while (state === 'running') {
      await later(5);
      ({ state } = await scrubbing.status());
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    rounds.push((gib * 2 ** 30) / 1e6 / ((performance.now() - began) / 1000));
  }
  const ours = rounds.sort((a, b) => a - b)[1] ?? 0;
  if ('notMeasured' in openssl) show('read again, MB/s', `${ours.toFixed(0)}   (${openssl.notMeasured})`);
  else {
    const ratio = ours / openssl.megabytesPerSecond;
    show(
      'read again when idle, MB/s (openssl sha256 alone)',
      `${ours.toFixed(0)} (${openssl.megabytesPerSecond.toFixed(0)})  ratio ${ratio.toFixed(2)}, wanted 0.9`,
    );
  }
  show('peak memory above base, MB', ((peak - base) / 1e6).toFixed(0));

  const small = { storage: await test.storage(), author: await test.context.author(), operation: 'watch' };
  const alone = await registerOne('alone');
  await scrubbing.start();
  await later(200);
  const beside = await registerOne('beside');
  await scrubbing.close();
  show('a file of 1 MB registered meanwhile, ms (alone)', `${beside.toFixed(0)} (${alone.toFixed(0)}), median of 11`);

  async function registerOne(name: string): Promise<number> {
    const times: number[] = [];
    for (let n = 0; n < 11; n++) {
      const file = `${name} ${String(n)}.csv`;
      const facts = await test.context.fs.look(rawFromText(test.put(file, Buffer.alloc(1e6, file))));
      if (facts === null) throw new Error('the file is gone');
      const began = performance.now();
      await registerFiles(test.context, { ...small, files: [{ path: rawFromText(file), facts }] });
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b)[5] ?? 0;
  }
} finally {
  await test.close();
  rest();
}

function writeLarge(path: string, bytes: number): void {
  const block = randomFillSync(Buffer.allocUnsafe(64 * 1024 * 1024));
  const out = openSync(path, 'w');
  for (let i = 0; i < bytes / block.length; i++) {
    block.writeUInt32LE(i, 0);
    writeSync(out, block);
  }
  closeSync(out);
  utimesSync(path, 1e9, 1e9);
}

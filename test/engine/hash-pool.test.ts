import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashPool } from '../../src-main/engine/hash-pool.ts';
import { packOutcomes, unpackOutcomes, type Outcome } from '../../src-main/engine/hash-messages.ts';
import type { Hasher } from '../../src-main/ports/fs/hasher.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';

let folder: string;
let pool: Hasher;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'benchkeep-pool-'));
  pool = hashPool(2);
});
afterEach(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});
const put = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const sparse = (name: string, size: number): string => {
  truncateSync(put(name, ''), size);
  return join(folder, name);
};

it('answers in the order of the paths, whichever thread was faster', async () => {
  const names = Array.from({ length: 500 }, (_, i) => `file ${String(i)}`);
  const paths = names.map((name) => rawFromText(put(name, name)));
  paths.splice(250, 0, rawFromText(sparse('large', 30_000_000)), rawFromText(join(folder, 'gone')));
  const outcomes = await pool.hashFiles(paths);
  expect(outcomes).toHaveLength(502);
  expect(outcomes[251]).toEqual({ kind: 'gone' });
  outcomes.splice(250, 2);
  const sums = names.map((name) => createHash('sha256').update(name).digest('hex'));
  expect(outcomes.map((outcome) => outcome.kind === 'hashed' && outcome.sha256)).toEqual(sums);
  expect(await pool.hashFiles([])).toEqual([]);
});

it('tells bytes on the way, of large files before they are done', async () => {
  const told: number[] = [];
  await pool.hashFiles([rawFromText(sparse('large', 100_000_000))], { onBytes: (bytes) => told.push(bytes) });
  expect(told.length).toBeGreaterThan(3);
  expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(100_000_000);
});

it('reads the two ends of a large file only', async () => {
  let told = 0;
  const [ends] = await pool.hashEnds([rawFromText(sparse('huge', 10 ** 12))], { onBytes: (bytes) => (told += bytes) });
  expect(ends).toMatchObject({ kind: 'hashed', hashType: 'sha1-fl', facts: { size: 10 ** 12 } });
  expect(told).toBe(2 * 50 * 1024 * 1024);
});

it('F-IN23 stops at once in a file of 100 GB, goes on with others, and takes no memory for it', async () => {
  const huge = rawFromText(sparse('huge', 100 * 1024 ** 3));
  const small = rawFromText(put('small', 'small'));
  await pool.hashFiles([small]);
  const base = process.memoryUsage().rss;
  const stop = new AbortController();
  let told = 0;
  const stopped = pool.hashFiles([huge], {
    signal: stop.signal,
    onBytes: (bytes) => {
      told += bytes;
      if (told > 500_000_000) stop.abort();
    },
  });
  // The other thread is free.
  expect(await pool.hashFiles([small])).toMatchObject([{ kind: 'hashed' }]);
  await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
  expect(process.memoryUsage().rss - base).toBeLessThan(50 * 1024 * 1024);
  // And so is the one that was stopped: two at once answer.
  const after = performance.now();
  expect(await Promise.all([pool.hashFiles([small]), pool.hashFiles([small])])).toHaveLength(2);
  expect(performance.now() - after).toBeLessThan(5000);
  stop.abort();
  await expect(pool.hashFiles([small], { signal: stop.signal })).rejects.toMatchObject({ code: 'cancelled' });
});

it('F-IN23 reads what somebody waits for while huge files keep every thread busy', async () => {
  const stop = new AbortController();
  const huge = [1, 2, 3, 4].map((n) => rawFromText(sparse(`huge ${String(n)}`, 100 * 1024 ** 3)));
  const reading = huge.map((path) => pool.hashFiles([path], { signal: stop.signal, background: true }));
  const ended = Promise.allSettled(reading);
  const names = Array.from({ length: 300 }, (_, i) => `file ${String(i)}`);
  const outcomes = await pool.hashFiles(names.map((name) => rawFromText(put(name, name))));
  expect(outcomes.every(({ kind }) => kind === 'hashed')).toBe(true);
  const [ends] = await pool.hashEnds(huge.slice(0, 1));
  expect(ends).toMatchObject({ kind: 'hashed', hashType: 'sha1-fl' });
  stop.abort();
  const all = await ended;
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 'rejected'));
});

it('reads in the background with all threads, as soon as nobody waits', async () => {
  const paths = Array.from({ length: 5 }, (_, i) => rawFromText(sparse(`large ${String(i)}`, 10_000_000)));
  const [first, ...rest] = await Promise.all(paths.map((path) => pool.hashFiles([path], { background: true })));
  expect(first).toMatchObject([{ kind: 'hashed', facts: { size: 10_000_000 } }]);
  expect(rest).toHaveLength(4);
});

it('ends what waits when it is closed in the middle, too', async () => {
  const huge = [1, 2, 3, 4].map((n) => rawFromText(sparse(`huge ${String(n)}`, 100 * 1024 ** 3)));
  const reading = Promise.all([...huge.map((path) => pool.hashFiles([path])), pool.hashEnds(huge)]);
  await pool.close();
  const outcomes = (await reading).flat();
  expect(outcomes).toHaveLength(8);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'failed', error: { retry: true } });
});

it('says so when it is closed', async () => {
  await pool.close();
  await expect(pool.hashFiles([rawFromText('/nowhere')])).rejects.toMatchObject({ code: 'cancelled' });
});

it('carries every kind of outcome between threads unchanged', () => {
  const facts = { kind: 'file' as const, size: 3, mtimeNs: '-1', ctimeNs: '2', dev: '3', ino: '18446744073709551615' };
  const error = { code: 'io_error' as const, message: 'a\tb\nc', remedy: 'd', retry: true };
  const outcomes: Outcome[] = [
    { kind: 'hashed', facts, hash: 'h', hashType: 'md5', sha256: 's' },
    { kind: 'hashed', facts, hash: 'h', hashType: 'sha1-fl' },
    { kind: 'gone' },
    { kind: 'changed' },
    { kind: 'failed', error },
  ];
  expect(unpackOutcomes(packOutcomes(outcomes))).toEqual(outcomes);
});

it('reads known files again with their sha256 alone, and only while nothing else is to be read', async () => {
  const huge = rawFromText(sparse('huge', 100 * 1024 ** 3));
  const small = put('small', 'small');
  const [known] = await pool.rehashFiles([rawFromText(small)]);
  const sha256 = createHash('sha256').update('small').digest('hex');
  expect(known).toMatchObject({ kind: 'hashed', sha256, facts: { size: 5 } });
  const stop = new AbortController();
  let told = 0;
  const again = pool.rehashFiles([huge], { signal: stop.signal, onBytes: (bytes) => (told += bytes) });
  again.catch(() => undefined);
  await expect.poll(() => told).toBeGreaterThan(0);
  // What is asked for meanwhile is read at once, and the large file stands still.
  const other = new AbortController();
  let read = 0;
  const reading = pool.hashFiles([huge], { signal: other.signal, onBytes: (bytes) => (read += bytes) });
  reading.catch(() => undefined);
  await expect.poll(() => read).toBeGreaterThan(0);
  const held = told;
  const from = read;
  await expect.poll(() => read, { timeout: 10_000 }).toBeGreaterThan(from + 200_000_000);
  // What was read before it was held may be told late.
  expect(told - held).toBeLessThanOrEqual(17 * 1024 * 1024);
  other.abort();
  await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  await expect.poll(() => told, { timeout: 10_000 }).toBeGreaterThan(held + 17 * 1024 * 1024);
  stop.abort();
  await expect(again).rejects.toMatchObject({ code: 'cancelled' });
});

it('closes while reading again is held', async () => {
  const huge = rawFromText(sparse('huge', 100 * 1024 ** 3));
  let told = 0;
  const again = pool.rehashFiles([huge], { onBytes: (bytes) => (told += bytes) });
  again.catch(() => undefined);
  await expect.poll(() => told).toBeGreaterThan(0);
  let read = 0;
  pool.hashFiles([huge], { onBytes: (bytes) => (read += bytes) }).catch(() => undefined);
  await expect.poll(() => read).toBeGreaterThan(0);
  await pool.close();
});

/** The published registry in a folder, on file systems and shares that are less than exact. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newUid } from '../../shared/uid.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import type { Fs } from '../../src-main/ports/fs/fs.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import {
  folderPlace,
  writeMarker,
  type PlaceState,
  type PublishedPlace,
  type SnapshotFile,
} from '../../src-main/storage/index.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';

let bench: Bench;
let root: string;
const fs = nodeFs(systemRandom);
const instanceUid = newUid(systemRandom, 12);
/** Everything is due at once. */
const clock = {
  now: () => 0,
  monotonic: () => 0,
  after: (_: number, run: () => void) => (queueMicrotask(run), () => undefined),
};
beforeEach(async () => {
  bench = makeBench();
  root = bench.folder('shared');
  const marker = { uid: newUid(systemRandom, 12), instanceUid, instanceName: 'lab', owner: 'ada' };
  await writeMarker(fs, rawFromText(root), marker);
});
afterEach(() => bench.remove());

const placeOn = (port: Partial<Fs> = {}): PublishedPlace =>
  folderPlace({ fs: { ...fs, ...port }, root: rawFromText(root), instanceUid, random: systemRandom, clock });
const own = (...names: string[]): string => join(root, '.lamindb', ...names);
const state: PlaceState = {
  format: 1,
  instance_uid: instanceUid,
  turn: 1,
  holder: null,
  published: null,
  moved_to: null,
  workstations: {},
};

function fileOf(bytes: Buffer): SnapshotFile {
  const path = join(bench.base, newUid(systemRandom, 12));
  writeFileSync(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path: rawFromText(path), size: bytes.length, checksums: { sha256, md5: '', crc32: '' } };
}

test.each([1n, 2n])('two snapshots of one size are told apart where times are whole %s s', async (coarse) => {
  const step = coarse * 1_000_000_000n;
  const place = placeOn({
    async look(path) {
      const facts = await fs.look(path);
      return facts === null ? null : { ...facts, mtimeNs: String((BigInt(facts.mtimeNs) / step) * step) };
    },
  });
  const tags: string[] = [];
  for (let n = 0; n < 4; n++) tags.push(await place.replaceSnapshot(fileOf(randomBytes(4096)), tags.at(-1) ?? null));
  expect(new Set(tags).size).toBe(4);
  const [first = null] = tags;
  await expect(place.replaceSnapshot(fileOf(randomBytes(4096)), first)).rejects.toMatchObject({
    code: 'already_exists',
  });
  await expect(place.fetchSnapshot(String(first), rawFromText(join(bench.base, 'got')))).rejects.toMatchObject({
    code: 'file_changed',
  });
});

test('of two copies of one data folder neither gives a half-filled file of the other the name', async () => {
  const [long, short] = [randomBytes(3 * 1024 ** 2), randomBytes(4096)];
  let middle = false;
  const slow = placeOn({
    async readRange(path, offset, length) {
      if (offset > 0 && !middle) {
        middle = true;
        await placeOn().replaceSnapshot(fileOf(short), null);
        expect(readFileSync(own('benchkeep.db')).equals(short)).toBe(true);
      }
      return fs.readRange(path, offset, length);
    },
  });
  await expect(slow.replaceSnapshot(fileOf(long), null)).rejects.toMatchObject({ code: 'already_exists' });
  expect(readFileSync(own('benchkeep.db')).equals(short)).toBe(true);
  expect(readdirSync(own('_exclusion'))).toEqual([]);
});

test('a share that lists records which are gone is asked some times, and then later', async () => {
  await placeOn().writeState(state, null);
  const place = placeOn({
    async readFolder(path) {
      const found = await fs.readFolder(path);
      return [...found, { name: rawFromText('lease-000000009.json'), kind: 'file' as const }];
    },
  });
  await expect(place.readState()).rejects.toMatchObject({ code: 'offline', retry: true });
  const late = new AbortController();
  late.abort(new Error('too late'));
  await expect(place.readState({ signal: late.signal })).rejects.toThrow('too late');
});

test('nothing of the engine waits at once for a share that hangs', async () => {
  const place = placeOn({
    lookNow() {
      throw new Error('waited');
    },
  });
  const tag = await place.replaceSnapshot(fileOf(randomBytes(4096)), null);
  await place.replaceSnapshot(fileOf(randomBytes(8192)), tag);
  await place.putBeside(fileOf(randomBytes(4096)), 'beside.db');
});

test('what kills left beside the record goes when the turn is taken, and nothing that is on its way', async () => {
  mkdirSync(own('_exclusion'), { recursive: true });
  const leave = (name: string, minutes: number): void => {
    writeFileSync(own('_exclusion', name), 'x');
    const seconds = Date.now() / 1000 - minutes * 60;
    utimesSync(own('_exclusion', name), seconds, seconds);
  };
  leave('.benchkeep-old.tmp', 61);
  leave('.benchkeep-new.tmp', 5);
  leave('notes.txt', 6000);
  await placeOn().writeState(state, null);
  expect(readdirSync(own('_exclusion')).sort()).toEqual(['.benchkeep-new.tmp', 'lease-000000001.json', 'notes.txt']);
});

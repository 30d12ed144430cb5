/**
 * A published registry in a folder, also on a network share. The record is a row of numbered files, of which the highest
 * counts: a number is taken by making the file, which succeeds for one alone, on shares too (`faults.md`, F-AP09).
 */
import { createHash } from 'node:crypto';
import { BenchkeepError } from '../../../shared/errors.ts';
import { newUid } from '../../../shared/uid.ts';
import { wait, type Clock } from '../../ports/clock.ts';
import type { FileFacts } from '../../ports/fs/file-facts.ts';
import type { Fs } from '../../ports/fs/fs.ts';
import { TEMPORARY_PREFIX } from '../../ports/fs/node-fs.ts';
import { fillOwnFile } from '../../ports/fs/own-folder.ts';
import { joinRaw, rawFromText, rawToDisplay, rawToText, type RawPath } from '../../ports/fs/raw-path.ts';
import type { Random } from '../../ports/random.ts';
import { ownFolderOf } from '../local-root.ts';
import { readMarker } from '../marker.ts';
import { moveIn } from './move-in.ts';
import { parsePlaceState, placeStateBytes } from './place-state.ts';
import {
  BESIDE_FOLDER,
  LEASE_FOLDER,
  placeOfAnother,
  SNAPSHOT_NAME,
  someoneFaster,
  unreadableState,
  type PublishedPlace,
} from './published-place.ts';

export interface FolderPlaceContext {
  fs: Fs;
  root: RawPath;
  instanceUid: string;
  random: Random;
  clock: Clock;
}

const LEASE = /^lease-(?<number>\d{9})\.json$/;
/** Records of the past that stay: whoever lists a share may see it as it was a moment ago. */
const KEPT = 4;
const MOST_BYTES = 256 * 1024;
const COPY_STEP = 1024 * 1024;
const READABLE = 0o644;
/** Ms: a share that lists what is gone already does so for seconds at most. */
const PAUSES = [50, 200, 500, 1000, 2000];
/** Ms, by the clock of the folder: what lies under a name of files on their way was left by a crash. */
const LEFT_AFTER = 60 * 60_000;

export function folderPlace(context: FolderPlaceContext): PublishedPlace {
  const { fs, root, random, clock } = context;
  const own = ownFolderOf(root);
  const shown = rawToDisplay(root);
  const snapshot = joinRaw(own, rawFromText(SNAPSHOT_NAME));
  const leases = joinRaw(own, rawFromText(LEASE_FOLDER));
  const leaseAt = (number: number): RawPath =>
    joinRaw(leases, rawFromText(`lease-${String(number).padStart(9, '0')}.json`));
  /** One for each use: a copied data folder has the same uid, and must not give a half-filled file of ours a name. */
  const temporary = (what: string): RawPath =>
    joinRaw(leases, rawFromText(`${TEMPORARY_PREFIX}${what}-${newUid(random, 16)}.tmp`));

  /** Ascending. */
  async function numbers(): Promise<number[]> {
    if ((await fs.look(leases)) === null) return [];
    const names = (await fs.readFolder(leases)).map(
      ({ name }) => LEASE.exec(rawToText(name) ?? '')?.groups?.['number'],
    );
    return names.flatMap((number) => (number === undefined ? [] : [Number(number)])).sort((a, b) => a - b);
  }

  /** An empty folder where a drive is mounted else must not be taken for the place. Errors: `offline`. */
  async function assertThere(): Promise<void> {
    const marker = await readMarker(fs, root);
    if (marker?.instanceUid === context.instanceUid) return;
    if (marker !== null) throw placeOfAnother(shown, marker.instanceSlug ?? 'another program');
    throw new BenchkeepError(
      'offline',
      `The folder ${shown} is not connected`,
      'Nothing is lost: this computer has the registry. It is published when the folder is back.',
      { retry: true },
    );
  }

  /** What kills left among the records, of any computer. `now`: time of a file that was just made there. */
  async function sweep(now: FileFacts | null): Promise<void> {
    if (now === null) return;
    for (const { name, kind } of await fs.readFolder(leases)) {
      const path = joinRaw(leases, name);
      const facts = kind === 'file' && isOnItsWay(name) ? await fs.look(path) : null;
      if (facts !== null && msBetween(facts, now) >= LEFT_AFTER) await fs.removeOwnFile(path);
    }
  }

  return {
    root: shown,
    async readState({ signal } = {}) {
      await assertThere();
      for (const pause of PAUSES) {
        signal?.throwIfAborted();
        const last = (await numbers()).at(-1);
        if (last === undefined) return null;
        if ((await fs.look(leaseAt(last))) !== null) {
          const state = parsePlaceState((await fs.readRange(leaseAt(last), 0, MOST_BYTES)).toString('utf8'));
          if (state === null) throw unreadableState(shown);
          return { state, tag: String(last) };
        }
        // Gone again: others went on meanwhile.
        await wait(clock, pause, signal);
      }
      throw new BenchkeepError(
        'offline',
        `The folder ${shown} lists files that are not there`,
        'It is asked again later; your work is saved on this computer.',
        { retry: true },
      );
    },
    async writeState(state, over) {
      await assertThere();
      const before = (await numbers()).at(-1);
      if (String(before ?? '') !== (over ?? '')) throw someoneFaster(shown);
      const number = (before ?? 0) + 1;
      await fs.makeFolder(leases, 0o755);
      await make(fs, leaseAt(number), placeStateBytes(state));
      const now = await numbers();
      if (now.at(-1) !== number) {
        // An old number that was cleared away already: others are further.
        await fs.removeOwnFile(leaseAt(number));
        throw someoneFaster(shown);
      }
      for (const old of now) if (old <= number - KEPT) await fs.removeOwnFile(leaseAt(old));
      await sweep(await fs.look(leaseAt(number)));
      return String(number);
    },
    async ageOfState() {
      const last = (await numbers()).at(-1);
      const facts = last === undefined ? null : await fs.look(leaseAt(last));
      if (facts === null) return null;
      const probe = temporary('clock');
      await fs.writeTempFsyncRename(probe, Buffer.from('?'), READABLE);
      const now = await fs.look(probe);
      await fs.removeOwnFile(probe);
      return now === null ? null : msBetween(facts, now);
    },
    async lookAtSnapshot() {
      const facts = await fs.look(snapshot);
      return facts === null ? null : { tag: tagOf(facts), size: facts.size };
    },
    async replaceSnapshot(file, over, { signal } = {}) {
      await assertThere();
      const isStill = async (): Promise<boolean> => {
        const facts = await fs.look(snapshot);
        return (facts === null ? null : tagOf(facts)) === over;
      };
      await fs.makeFolder(leases, 0o755);
      if (!(await moveIn(fs, { file, half: temporary('publish'), target: snapshot, mayNow: isStill, signal })))
        throw someoneFaster(shown);
      const facts = await fs.look(snapshot);
      if (facts?.size !== file.size) throw someoneFaster(shown);
      return tagOf(facts);
    },
    async fetchSnapshot(tag, target, { signal } = {}) {
      const isIt = async (): Promise<FileFacts> => {
        const facts = await fs.look(snapshot);
        if (facts !== null && tagOf(facts) === tag) return facts;
        throw new BenchkeepError('file_changed', `${rawToDisplay(snapshot)} was replaced`, 'Try again.', {
          retry: true,
        });
      };
      const { size } = await isIt();
      await fs.removeOwnFile(target);
      await fillOwnFile(target, 0o600, async (write) => {
        for (let at = 0; at < size; at += COPY_STEP) {
          signal?.throwIfAborted();
          await write(await fs.readRange(snapshot, at, COPY_STEP));
        }
      });
      await isIt();
    },
    async putBeside(file, name, { signal } = {}) {
      await assertThere();
      const folder = joinRaw(own, rawFromText(BESIDE_FOLDER));
      const target = joinRaw(folder, rawFromText(name));
      await fs.makeFolder(folder, 0o755);
      const isFree = async (): Promise<boolean> => (await fs.look(target)) === null;
      await fs.makeFolder(leases, 0o755);
      if (await moveIn(fs, { file, half: temporary('publish'), target, mayNow: isFree, signal }))
        return rawToDisplay(target);
      throw new BenchkeepError('already_exists', `There is ${rawToDisplay(target)} already`, 'Nothing was replaced.');
    },
    removeSnapshot: () => fs.removeOwnFile(snapshot),
    async remove() {
      const marker = await readMarker(fs, root);
      if (marker?.instanceUid !== context.instanceUid) return [];
      await fs.removeOwnFile(snapshot);
      for (const number of await numbers()) await fs.removeOwnFile(leaseAt(number));
      if ((await fs.look(leases)) !== null)
        for (const { name } of await fs.readFolder(leases))
          if (isOnItsWay(name)) await fs.removeOwnFile(joinRaw(leases, name));
      await fs.removeEmptyFolder(leases);
      const beside = joinRaw(own, rawFromText(BESIDE_FOLDER));
      if ((await fs.look(beside)) === null) return [];
      return (await fs.readFolder(beside)).map(({ name }) => rawToDisplay(joinRaw(beside, name)));
    },
  };
}

/** Errors: `already_exists`. */
async function make(fs: Fs, target: RawPath, bytes: Buffer): Promise<void> {
  await fs.fillFsyncMoveIn({
    target,
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    mode: READABLE,
    fill: (write) => write(0, bytes),
  });
}

/** Inodes change on shares; a snapshot has another time, whatever its size. */
function tagOf({ size, mtimeNs }: FileFacts): string {
  return `${String(size)}-${mtimeNs}`;
}

function isOnItsWay(name: RawPath): boolean {
  return name.startsWith(TEMPORARY_PREFIX) && name.endsWith('.tmp');
}

function msBetween(before: FileFacts, after: FileFacts): number {
  return Number((BigInt(after.mtimeNs) - BigInt(before.mtimeNs)) / 1_000_000n);
}

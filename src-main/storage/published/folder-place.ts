/**
 * A published registry in a folder, also on a network share. The record is a row of numbered files, of which the highest
 * counts: a number is taken by making the file, which succeeds for one alone, on shares too (`faults.md`, F-AP09).
 */
import { createHash } from 'node:crypto';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { FileFacts } from '../../ports/fs/file-facts.ts';
import type { Fs } from '../../ports/fs/fs.ts';
import { TEMPORARY_PREFIX } from '../../ports/fs/node-fs.ts';
import { fillOwnFile, replaceOwnFile } from '../../ports/fs/own-folder.ts';
import { joinRaw, rawFromText, rawToDisplay, rawToText, type RawPath } from '../../ports/fs/raw-path.ts';
import { ownFolderOf } from '../local-root.ts';
import { readMarker } from '../marker.ts';
import { parsePlaceState, placeStateBytes } from './place-state.ts';
import {
  BESIDE_FOLDER,
  LEASE_FOLDER,
  placeOfAnother,
  SNAPSHOT_NAME,
  someoneFaster,
  unreadableState,
  type PublishedPlace,
  type SnapshotFile,
} from './published-place.ts';

export interface FolderPlaceContext {
  fs: Fs;
  root: RawPath;
  instanceUid: string;
  /** Names this computer's files on their way. */
  workstationUid: string;
}

const LEASE = /^lease-(?<number>\d{9})\.json$/;
/** Records of the past that stay: whoever lists a share may see it as it was a moment ago. */
const KEPT = 4;
const MOST_BYTES = 256 * 1024;
const COPY_STEP = 1024 * 1024;
const READABLE = 0o644;

export function folderPlace(context: FolderPlaceContext): PublishedPlace {
  const { fs, root } = context;
  const own = ownFolderOf(root);
  const shown = rawToDisplay(root);
  const snapshot = joinRaw(own, rawFromText(SNAPSHOT_NAME));
  const leases = joinRaw(own, rawFromText(LEASE_FOLDER));
  const leaseAt = (number: number): RawPath =>
    joinRaw(leases, rawFromText(`lease-${String(number).padStart(9, '0')}.json`));
  const temporary = joinRaw(own, rawFromText(`${TEMPORARY_PREFIX}publish-${context.workstationUid}.tmp`));

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

  async function copyInto(file: SnapshotFile, target: RawPath, signal: AbortSignal | undefined): Promise<void> {
    await fs.removeOwnFile(target);
    try {
      const sum = createHash('sha256');
      await fillOwnFile(target, READABLE, async (write) => {
        for (let at = 0; at < file.size; at += COPY_STEP) {
          signal?.throwIfAborted();
          const bytes = await fs.readRange(file.path, at, COPY_STEP);
          sum.update(bytes);
          await write(bytes);
        }
      });
      if (sum.digest('hex') !== file.checksums.sha256) throw new Error('the snapshot was changed while it was copied');
    } catch (error) {
      await fs.removeOwnFile(target);
      throw error;
    }
  }

  return {
    root: shown,
    async readState() {
      await assertThere();
      for (;;) {
        const last = (await numbers()).at(-1);
        if (last === undefined) return null;
        // Gone again: others went on meanwhile.
        if ((await fs.look(leaseAt(last))) === null) continue;
        const state = parsePlaceState((await fs.readRange(leaseAt(last), 0, MOST_BYTES)).toString('utf8'));
        if (state === null) throw unreadableState(shown);
        return { state, tag: String(last) };
      }
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
      return String(number);
    },
    async ageOfState() {
      const last = (await numbers()).at(-1);
      const facts = last === undefined ? null : await fs.look(leaseAt(last));
      if (facts === null) return null;
      const probe = joinRaw(leases, rawFromText(`${TEMPORARY_PREFIX}clock-${context.workstationUid}.tmp`));
      await fs.writeTempFsyncRename(probe, Buffer.from('?'), READABLE);
      const now = await fs.look(probe);
      await fs.removeOwnFile(probe);
      return now === null ? null : Number((BigInt(now.mtimeNs) - BigInt(facts.mtimeNs)) / 1_000_000n);
    },
    async lookAtSnapshot() {
      const facts = await fs.look(snapshot);
      return facts === null ? null : { tag: tagOf(facts), size: facts.size };
    },
    async replaceSnapshot(file, over, { signal } = {}) {
      await assertThere();
      await copyInto(file, temporary, signal);
      const isStill = (): boolean => {
        const facts = fs.lookNow(snapshot);
        return (facts === null ? null : tagOf(facts)) === over;
      };
      const done = await replaceOwnFile(temporary, snapshot, isStill);
      if (!done) {
        await fs.removeOwnFile(temporary);
        throw someoneFaster(shown);
      }
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
      await copyInto(file, temporary, signal);
      const done = await replaceOwnFile(temporary, target, () => fs.lookNow(target) === null);
      if (done) return rawToDisplay(target);
      await fs.removeOwnFile(temporary);
      throw new BenchkeepError('already_exists', `There is ${rawToDisplay(target)} already`, 'Nothing was replaced.');
    },
    removeSnapshot: () => fs.removeOwnFile(snapshot),
    async remove() {
      const marker = await readMarker(fs, root);
      if (marker?.instanceUid !== context.instanceUid) return [];
      await fs.removeOwnFile(snapshot);
      for (const number of await numbers()) await fs.removeOwnFile(leaseAt(number));
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

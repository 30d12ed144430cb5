/** A published registry in a bucket. Record and snapshot are one object each, put on the condition of their ETag. */
import { createHash } from 'node:crypto';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Fs } from '../../ports/fs/fs.ts';
import { fillOwnFile } from '../../ports/fs/own-folder.ts';
import type { RawPath } from '../../ports/fs/raw-path.ts';
import type { ObjectFacts, ObjectStore, PutCondition } from '../objects/object-store.ts';
import { readObjectMarker } from '../object-marker.ts';
import { parsePlaceState, placeStateBytes } from './place-state.ts';
import {
  BESIDE_FOLDER,
  LEASE_FOLDER,
  placeOfAnother,
  someoneFaster,
  SNAPSHOT_NAME,
  unreadableState,
  type Call,
  type PublishedPlace,
} from './published-place.ts';
import { sendSnapshot } from './send-snapshot.ts';

export interface BucketPlaceContext {
  fs: Fs;
  store: ObjectStore;
  /** As people see it. */
  root: string;
  instanceUid: string;
  workstationUid: string;
  /** It was found out that the store puts objects whatever it is told (F-UP24). */
  ignoresConditions: boolean;
}

const SNAPSHOT = `.lamindb/${SNAPSHOT_NAME}`;
const LEASES = `.lamindb/${LEASE_FOLDER}/`;
const LEASE = `${LEASES}lease.json`;
const PROBE = /\/(?:clock|condition)-[^/]+$/;
const BESIDE = `.lamindb/${BESIDE_FOLDER}/`;
const MOST_BYTES = 256 * 1024;
/** Times that the record is replaced while it is read. */
const ROUNDS = 10;
/** Ms, by the clock of the store: such an object was left by a kill. */
const LEFT_AFTER = 60 * 60_000;
const FETCH_STEP = 8 * 1024 * 1024;

export function bucketPlace(context: BucketPlaceContext): PublishedPlace {
  const { fs, store, root, instanceUid } = context;
  let isOurs = false;
  /** Asked once: the bucket may have been given to another instance, or be another one under the same name. */
  async function assertOurs(): Promise<void> {
    if (isOurs) return;
    const marker = await readObjectMarker(store);
    if (marker?.instanceUid !== instanceUid) throw placeOfAnother(root, marker?.instanceSlug ?? 'nobody any more');
    isOurs = true;
  }
  /** A store that takes a condition and does not look at it would overwrite what others put. */
  const kept = new Set<'absent' | 'etag'>();
  async function assertKept(condition: NonNullable<PutCondition>, signal: AbortSignal | undefined): Promise<void> {
    const which = 'absent' in condition ? 'absent' : 'etag';
    if (kept.has(which)) return;
    // Such a store is looked at before it is written to, which answers as if it had kept the condition.
    if (context.ignoresConditions) throw ignoringStore(root);
    const key = `${LEASES}condition-${context.workstationUid}`;
    if (which === 'absent') await store.put(key, Buffer.from('?'), given(signal));
    const never = { etag: store.kind === 'gs' ? '1' : '00000000000000000000000000000000' };
    try {
      await store.put(key, Buffer.from('?'), { condition: which === 'absent' ? condition : never, ...given(signal) });
    } catch (error) {
      if (!(error instanceof BenchkeepError) || error.code !== 'already_exists') throw error;
      if (which === 'absent') await store.delete(key, given(signal));
      kept.add(which);
      return;
    }
    await store.delete(key, given(signal));
    throw ignoringStore(root);
  }

  /** What kills left beside the record. Where it can't be listed it stays: nobody is in anybody's way by it. */
  let isSwept = false;
  async function sweepOnce(signal: AbortSignal | undefined): Promise<void> {
    if (isSwept) return;
    isSwept = true;
    try {
      const now = Date.parse((await store.stat(LEASE, given(signal)))?.modifiedAt ?? '');
      for await (const { key, modifiedAt } of store.list(LEASES, given(signal)))
        if (PROBE.test(key) && now - Date.parse(modifiedAt ?? '') >= LEFT_AFTER) await store.delete(key, given(signal));
    } catch (error) {
      if (!(error instanceof BenchkeepError)) throw error;
    }
  }

  return {
    root,
    async readState({ signal } = {}) {
      for (let round = 1; round <= ROUNDS; round++) {
        signal?.throwIfAborted();
        const facts = await store.stat(LEASE, given(signal));
        if (facts === null) return null;
        const bytes = await readWhole(store, facts, signal);
        if (bytes === null) continue;
        const state = parsePlaceState(bytes.toString('utf8'));
        if (state === null) throw unreadableState(root);
        if (state.instance_uid !== instanceUid) throw placeOfAnother(root, 'another instance');
        return { state, tag: facts.etag };
      }
      throw someoneFaster(root);
    },
    async writeState(state, over, { signal } = {}) {
      await assertOurs();
      const condition = conditionOf(over);
      await assertKept(condition, signal);
      const { etag } = await store.put(LEASE, placeStateBytes(state), { condition, ...given(signal) });
      await sweepOnce(signal);
      return etag;
    },
    async ageOfState({ signal } = {}) {
      const key = `${LEASES}clock-${context.workstationUid}`;
      await store.put(key, Buffer.from('?'), given(signal));
      const [lease, now] = [await store.stat(LEASE, given(signal)), await store.stat(key, given(signal))];
      await store.delete(key, given(signal));
      if (typeof lease?.modifiedAt !== 'string' || typeof now?.modifiedAt !== 'string') return null;
      return Date.parse(now.modifiedAt) - Date.parse(lease.modifiedAt);
    },
    async lookAtSnapshot({ signal } = {}) {
      const facts = await store.stat(SNAPSHOT, given(signal));
      return facts === null ? null : { tag: facts.etag, size: facts.size };
    },
    async replaceSnapshot(file, over, { signal } = {}) {
      await assertOurs();
      const condition = conditionOf(over);
      await assertKept(condition, signal);
      return sendSnapshot({ fs, store, key: SNAPSHOT, file, condition, signal });
    },
    async fetchSnapshot(tag, target: RawPath, { signal } = {}) {
      const facts = await store.stat(SNAPSHOT, given(signal));
      if (facts?.etag !== tag)
        throw new BenchkeepError('file_changed', `${root}/${SNAPSHOT} was replaced`, 'Try again.', { retry: true });
      const sum = createHash('md5');
      await fs.removeOwnFile(target);
      await fillOwnFile(target, 0o600, async (write) => {
        for (let at = 0; at < facts.size; at += FETCH_STEP) {
          const bytes = await store.readRange(SNAPSHOT, at, FETCH_STEP, { of: facts, ...given(signal) });
          if (bytes.length === 0) throw damagedOnTheWay(root);
          sum.update(bytes);
          await write(bytes);
        }
      });
      const { md5 } = facts.checksums;
      if (md5 !== undefined && md5 !== sum.digest('hex')) throw damagedOnTheWay(root);
    },
    async putBeside(file, name, { signal } = {}) {
      await assertOurs();
      await sendSnapshot({ fs, store, key: BESIDE + name, file, condition: { absent: true }, signal });
      return `${root}/${BESIDE}${name}`;
    },
    removeSnapshot: ({ signal } = {}) => store.delete(SNAPSHOT, given(signal)),
    async remove({ signal } = {}) {
      const marker = await readObjectMarker(store);
      if (marker?.instanceUid !== instanceUid) return [];
      await store.delete(SNAPSHOT, given(signal));
      for await (const { key } of store.list(LEASES, given(signal))) await store.delete(key, given(signal));
      const beside: string[] = [];
      for await (const { key } of store.list(BESIDE, given(signal))) beside.push(`${root}/${key}`);
      return beside;
    },
  };
}

function given(signal: AbortSignal | undefined): { signal?: AbortSignal } & Call {
  return signal === undefined ? {} : { signal };
}

function conditionOf(over: string | null): NonNullable<PutCondition> {
  return over === null ? { absent: true } : { etag: over };
}

/** Null where it was replaced meanwhile. */
async function readWhole(
  store: ObjectStore,
  facts: ObjectFacts,
  signal: AbortSignal | undefined,
): Promise<Buffer | null> {
  try {
    return await store.readRange(facts.key, 0, MOST_BYTES, { of: facts, ...given(signal) });
  } catch (error) {
    if (error instanceof BenchkeepError && ['file_changed', 'file_not_found'].includes(error.code)) return null;
    throw error;
  }
}

function damagedOnTheWay(root: string): BenchkeepError {
  return new BenchkeepError('wrong_content', `What came from ${root} is not what is there`, 'Try again.', {
    retry: true,
  });
}

function ignoringStore(root: string): BenchkeepError {
  return new BenchkeepError(
    'not_supported',
    `${root} replaces objects whatever it is told, so the registry can't be published there safely`,
    'Use a store that keeps conditions (If-Match). Your registry is kept on this computer and in its backups.',
  );
}

/** The objects of a folder that Benchkeep sent to a store: what its list names, and what else lies among them. */
import { giveWay } from '../ports/give-way.ts';
import { rawFromBytes, type RawPath } from '../ports/fs/raw-path.ts';
import { readManifest } from '../storage/folder-manifest.ts';
import type { ObjectFacts, ObjectStore } from '../storage/index.ts';
import { memberKey } from '../transfers/index.ts';
import type { DeletionObject } from './plan-deletion.ts';

/** As the store has it, with what the list of the folder says. */
export interface OwnMember extends ObjectFacts {
  /** Bytes. */
  recordedSize: number;
}

interface OwnFolder {
  /** Of the folder. */
  key: string;
  /** Its list on this computer. */
  manifest: RawPath;
}

/**
 * Members that are there, in their order, however many there are; other people's objects are told to `onForeign`. What
 * the list of the store does not have is asked for once more: not every store lists in the order of the keys.
 */
export async function* ownMembers(
  store: ObjectStore,
  { key, manifest }: OwnFolder,
  onForeign: (key: string) => void,
  signal?: AbortSignal,
): AsyncGenerator<OwnMember, void, undefined> {
  const call = signal === undefined ? {} : { signal };
  const turn = giveWay(signal);
  const lead = `${key}/`;
  const listed = store.list(lead, call);
  try {
    let next = await listed.next();
    for await (const { path, size: recordedSize } of readManifest(manifest)) {
      await turn();
      const member = memberKey(key, path);
      while (next.done !== true && orderOf(next.value, lead) < path) {
        onForeign(next.value.key);
        next = await listed.next();
      }
      if (next.done !== true && next.value.key === member) {
        yield { ...next.value, recordedSize };
        next = await listed.next();
        continue;
      }
      const alone = await store.stat(member, call);
      if (alone !== null) yield { ...alone, recordedSize };
    }
    for (; next.done !== true; next = await listed.next()) onForeign(next.value.key);
  } finally {
    await listed.return(undefined);
  }
}

/** A member that the list of the store still has; null where it has none. */
export async function memberLeft(store: ObjectStore, { key, manifest }: OwnFolder): Promise<ObjectFacts | null> {
  const turn = giveWay();
  const lead = `${key}/`;
  const listed = store.list(lead);
  try {
    let next = await listed.next();
    for await (const { path } of readManifest(manifest)) {
      await turn();
      while (next.done !== true && orderOf(next.value, lead) < path) next = await listed.next();
      if (next.done === true) return null;
      if (next.value.key === memberKey(key, path)) return next.value;
    }
    return null;
  } finally {
    await listed.return(undefined);
  }
}

function orderOf({ key }: ObjectFacts, lead: string): RawPath {
  return rawFromBytes(Buffer.from(key.slice(lead.length), 'utf8'));
}

const MOST_FOREIGN = 20;

/** Other people's objects below a folder, for people, some of them by name. */
export function foreignBelow({ key, address }: DeletionObject): {
  add: (key: string) => void;
  told: (store: ObjectStore) => Promise<string[]>;
} {
  const named: string[] = [];
  let more = 0;
  return {
    add(other) {
      if (named.length < MOST_FOREIGN) named.push(other);
      else more += 1;
    },
    async told(store) {
      const lines: string[] = [];
      for (const other of named) {
        // Of a store that does not list in the order of the keys, it may be a member that went.
        if ((await store.stat(other).catch(() => true)) === null) continue;
        lines.push(`not Benchkeep's own, it remains here: ${address}/${other.slice(key.length + 1)}`);
      }
      if (more > 0) lines.push(`and ${String(more)} more in ${address}`);
      return lines;
    },
  };
}

/** Whether a store keeps to "only where nothing is" (F-UP24). Tried with an object of its own, which is taken away again. */
import { BenchkeepError } from '../../shared/errors.ts';
import { newUid } from '../../shared/uid.ts';
import type { Random } from '../ports/random.ts';
import type { ObjectFacts, ObjectStore } from './objects/object-store.ts';
import type { CloudRoot } from './objects/store-options.ts';

export interface Probe {
  key: string;
  /** What was put, each of which has to go. */
  puts: ObjectFacts[];
  isKept: boolean;
}

/** Puts a small object twice. Errors: those of the first `put`; nothing is there then. */
export async function putProbe(store: ObjectStore, random: Random): Promise<Probe> {
  const key = `.lamindb/benchkeep-test-${newUid(random, 16)}`;
  const condition = { absent: true } as const;
  const first = await store.put(key, Buffer.from('A test of Benchkeep. It may be deleted.\n'), { condition });
  try {
    return { key, puts: [first, await store.put(key, Buffer.from('Twice.\n'), { condition })], isKept: false };
  } catch (error) {
    if (error instanceof BenchkeepError && error.code === 'already_exists') return { key, puts: [first], isKept: true };
    await removeProbe(store, { key, puts: [first] }).catch(() => undefined);
    throw error;
  }
}

/** Each version for good where the store keeps versions, so that nothing is left. */
export async function removeProbe(store: ObjectStore, { key, puts }: Pick<Probe, 'key' | 'puts'>): Promise<void> {
  for (const { version } of puts) await store.delete(key, version === null ? {} : { version });
}

/** The root with what was found out. Where that can't be told, for lack of a right, nothing is said against the store. */
export async function withConditions(root: CloudRoot, store: ObjectStore, random: Random): Promise<CloudRoot> {
  let probe: Probe;
  try {
    probe = await putProbe(store, random);
    await removeProbe(store, probe);
  } catch (error) {
    if (error instanceof BenchkeepError && !error.retry) return root;
    throw error;
  }
  return probe.isKept ? root : { ...root, options: { ...root.options, conditions: 'ignored' } };
}

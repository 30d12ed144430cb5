/**
 * For a store that puts an object also where one was to be absent (F-UP24): it is asked before. Between question and
 * answer another computer may be faster; keys of content are made of uids, so that two never mean the same one.
 */
import type { ObjectFacts, ObjectStore, PutCondition } from './object-store.ts';
import { storeError } from './store-error.ts';

export function headFirst(store: ObjectStore, root: string): ObjectStore {
  async function check(key: string, condition: PutCondition, call: { signal?: AbortSignal }): Promise<void> {
    if (condition === null) return;
    const there: ObjectFacts | null = await store.stat(key, call);
    const holds = 'absent' in condition ? there === null : there?.etag === condition.etag;
    if (!holds) throw storeError({ status: 412, name: 'PreconditionFailed' }, root, null);
  }
  return {
    ...store,
    smallFiles: undefined,
    async put(key, bytes, options = {}) {
      await check(key, options.condition ?? null, callOf(options));
      return store.put(key, bytes, options);
    },
    uploads: {
      ...store.uploads,
      async complete(key, token, parts, whole, options = {}) {
        await check(key, options.condition ?? { absent: true }, callOf(options));
        return store.uploads.complete(key, token, parts, whole, options);
      },
    },
  };
}

function callOf({ signal }: { signal?: AbortSignal }): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

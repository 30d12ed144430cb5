/** Stores in which every sending of content passes a gate before it begins. */
import type { ObjectStore, SmallFile, Stores } from '../storage/index.ts';
import type { Bandwidth } from './bandwidth.ts';

/** Resolves when so many bytes may be sent; what it returns is called when they were, or could not be. */
export type Gate = (bytes: number, signal: AbortSignal | undefined) => Promise<(sent: boolean) => void>;

export function gatedStores(stores: Stores, gate: Gate): Stores {
  return { ...stores, open: async (root) => gated(await stores.open(root), gate) };
}

/** Stores in which what is sent counts against the limit. */
export function pacedStores(stores: Stores, bandwidth: Bandwidth): Stores {
  return gatedStores(stores, async (bytes, signal) => {
    await bandwidth.take(bytes, signal);
    return () => undefined;
  });
}

function gated(store: ObjectStore, gate: Gate): ObjectStore {
  /** Null: nothing arrived. */
  async function through<T>(bytes: number, signal: AbortSignal | undefined, send: () => Promise<T>): Promise<T> {
    const leave = await gate(bytes, signal);
    let sent = false;
    try {
      signal?.throwIfAborted();
      const result = await send();
      sent = result !== null;
      return result;
    } finally {
      leave(sent);
    }
  }
  const { smallFiles } = store;
  function gatedFile(file: SmallFile | null, size: number): SmallFile | null {
    if (file === null) return null;
    return { ...file, put: (key, options) => through(size, options.signal, () => file.put(key, options)) };
  }
  return {
    ...store,
    smallFiles: smallFiles && {
      read: async (source, call) => gatedFile(await smallFiles.read(source, call), source.facts.size),
    },
    put: (key, bytes, options) => through(bytes.length, options?.signal, () => store.put(key, bytes, options)),
    uploads: {
      ...store.uploads,
      send: (key, token, part, options) =>
        through(part.bytes.length, options?.signal, () => store.uploads.send(key, token, part, options)),
    },
  };
}

/** Stores of which one that could not be reached is not asked again: each further question would take as long. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { ObjectStore, Stores } from '../storage/index.ts';

export interface OnceAskedStores {
  stores: Stores;
  /** How many questions were not answered because their store can't be reached. */
  unanswered(): number;
}

export function onceAskedStores(stores: Stores): OnceAskedStores {
  const away = new Map<string, BenchkeepError>();
  let unanswered = 0;
  async function ask<T>(root: string, question: () => Promise<T>): Promise<T> {
    try {
      const known = away.get(root);
      if (known !== undefined) throw known;
      return await question();
    } catch (error) {
      if (error instanceof BenchkeepError && error.code === 'offline') {
        away.set(root, error);
        unanswered++;
      }
      throw error;
    }
  }
  const asked = (root: string, store: ObjectStore): ObjectStore => ({
    ...store,
    stat: (...words) => ask(root, () => store.stat(...words)),
    readRange: (...words) => ask(root, () => store.readRange(...words)),
  });
  return {
    stores: { ...stores, open: async (root) => asked(root.root, await ask(root.root, () => stores.open(root))) },
    unanswered: () => unanswered,
  };
}

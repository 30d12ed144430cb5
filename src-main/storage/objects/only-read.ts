/** What a place that is only read answers to everything that would write there. */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { ObjectStore } from './object-store.ts';

export function onlyRead(root: string): Pick<ObjectStore, 'put' | 'delete' | 'uploads'> {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new BenchkeepError(
        'storage_linked',
        `${root} can only be read`,
        'Choose a storage that Benchkeep manages (benchkeep storage list).',
      ),
    );
  return {
    put: refuse,
    delete: refuse,
    uploads: {
      plan: () => ({ partSize: Number.MAX_SAFE_INTEGER, parallel: 1 }),
      begin: refuse,
      received: refuse,
      send: refuse,
      complete: refuse,
      abort: refuse,
      async *list() {
        // Nobody uploads there.
      },
    },
  };
}

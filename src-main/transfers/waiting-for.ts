/** Who waits for which transfer: it is worked on for them, and they are told its end. */
import { BenchkeepError } from '../../shared/errors.ts';

export interface Waiter<T> {
  storageUid: string;
  onSent: (bytes: number) => void;
  resolve: (settled: T) => void;
  reject: (error: unknown) => void;
}

export interface WaitingFor<T> {
  add(id: number, waiter: Waiter<T>): void;
  remove(id: number, waiter: Waiter<T>): void;
  has(id: number): boolean;
  ids(): number[];
  any(): boolean;
  sent(id: number, bytes: number): void;
  resolve(id: number, settled: T): void;
  reject(id: number, error: unknown): void;
  /** Those whose content goes into this storage. */
  rejectStorage(storageUid: string, error: unknown): void;
  /** The program ends. */
  end(): void;
}

export function waitingFor<T>(): WaitingFor<T> {
  const waiters = new Map<number, Set<Waiter<T>>>();
  function take(id: number): Waiter<T>[] {
    const found = [...(waiters.get(id) ?? [])];
    waiters.delete(id);
    return found;
  }
  return {
    add(id, waiter) {
      waiters.set(id, (waiters.get(id) ?? new Set()).add(waiter));
    },
    remove(id, waiter) {
      const left = waiters.get(id);
      left?.delete(waiter);
      if (left?.size === 0) waiters.delete(id);
    },
    has: (id) => waiters.has(id),
    ids: () => [...waiters.keys()],
    any: () => waiters.size > 0,
    sent(id, bytes) {
      for (const { onSent } of waiters.get(id) ?? []) onSent(bytes);
    },
    resolve(id, settled) {
      for (const { resolve } of take(id)) resolve(settled);
    },
    reject(id, error) {
      for (const { reject } of take(id)) reject(error);
    },
    rejectStorage(uid, error) {
      for (const [id, all] of [...waiters])
        if ([...all].some(({ storageUid }) => storageUid === uid)) for (const { reject } of take(id)) reject(error);
    },
    end() {
      for (const id of [...waiters.keys()]) for (const { reject } of take(id)) reject(stopped());
    },
  };
}

export function stopped(): BenchkeepError {
  return new BenchkeepError('cancelled', 'Stopped', 'What is done so far is kept; run it again for the rest.', {
    retry: true,
  });
}

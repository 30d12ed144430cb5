/** Stores that failed as a whole, and until when they are left in peace: other uploads into them would fail alike. */

export interface StoreFailure {
  /** Wall clock, ms. */
  until: number;
  /** It did not answer: on another network it may. */
  isUnheard: boolean;
}

export interface FailingStores {
  failed(storageUid: string, failure: StoreFailure): void;
  answered(storageUid: string): void;
  /** Those that are left in peace at this time (wall clock, ms). */
  at(now: number): string[];
  isLeftAt(storageUid: string, now: number): boolean;
  /** All may be tried again. */
  forget(): void;
  forgetUnheard(): void;
}

export function failingStores(): FailingStores {
  const failing = new Map<string, StoreFailure>();
  return {
    failed(storageUid, failure) {
      failing.set(storageUid, failure);
    },
    answered(storageUid) {
      failing.delete(storageUid);
    },
    at: (now) => [...failing].flatMap(([storageUid, { until }]) => (until > now ? [storageUid] : [])),
    isLeftAt: (storageUid, now) => (failing.get(storageUid)?.until ?? 0) > now,
    forget() {
      failing.clear();
    },
    forgetUnheard() {
      for (const [storageUid, { isUnheard }] of [...failing]) if (isUnheard) failing.delete(storageUid);
    },
  };
}

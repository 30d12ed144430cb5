/** Uploads that nobody begins for now. Several may hold the same one: it is held until the last has let it go. */
export interface HeldUploads {
  hold(ids: readonly number[]): void;
  letGo(ids: readonly number[]): void;
  has(id: number): boolean;
  count(): number;
}

export function heldUploads(): HeldUploads {
  const held = new Map<number, number>();
  return {
    hold(ids) {
      for (const id of ids) held.set(id, (held.get(id) ?? 0) + 1);
    },
    letGo(ids) {
      for (const id of ids) {
        const left = (held.get(id) ?? 1) - 1;
        if (left === 0) held.delete(id);
        else held.set(id, left);
      }
    },
    has: (id) => held.has(id),
    count: () => held.size,
  };
}

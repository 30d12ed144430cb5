/** How many uploads are worked on at once. Small ones wait for answers more than they send: several take the place of one. */

/** Bytes up to which an upload takes that part of a place. What is on its way at the same time is about the same for all. */
const PARTS_OF_PLACE = [
  [256 * 1024, 1 / 32],
  [1024 ** 2, 1 / 8],
] as const;

/** Whether one more of this size may begin beside those; one alone always may. Sizes in bytes. */
export function hasRoom(running: readonly number[], size: number, atOnce: number): boolean {
  const taken = running.reduce((sum, other) => sum + placeOf(other), 0);
  return taken === 0 || taken + placeOf(size) <= atOnce;
}

function placeOf(size: number): number {
  return PARTS_OF_PLACE.find(([most]) => size <= most)?.[1] ?? 1;
}

/** How many uploads are worked on at once. Small ones wait for answers more than they send: several take the place of one. */

/** Bytes, and the part of a place that so small an upload takes. */
const SMALL = 1024 ** 2;
const SMALL_PLACE = 1 / 8;

/** Whether one more of this size may begin beside those; one alone always may. Sizes in bytes. */
export function hasRoom(running: readonly number[], size: number, atOnce: number): boolean {
  const taken = running.reduce((sum, other) => sum + placeOf(other), 0);
  return taken === 0 || taken + placeOf(size) <= atOnce;
}

function placeOf(size: number): number {
  return size <= SMALL ? SMALL_PLACE : 1;
}

/**
 * One at a time lays down, replaces or moves bytes of a version family: two would give them the same number, and the file
 * of the one that has to give way would stand where the other's belongs.
 */
export async function whileAlone<T>(
  { familiesAtWork }: { familiesAtWork: Map<string, Promise<unknown>> },
  stem: string,
  work: () => Promise<T>,
): Promise<T> {
  const before = familiesAtWork.get(stem) ?? Promise.resolve();
  const mine = before.then(work, work);
  familiesAtWork.set(stem, mine);
  try {
    return await mine;
  } finally {
    if (familiesAtWork.get(stem) === mine) familiesAtWork.delete(stem);
  }
}

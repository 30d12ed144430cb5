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

/** Of several families. They are taken in one order by all, so that no two wait for each other. */
export function whileAllAlone<T>(
  context: { familiesAtWork: Map<string, Promise<unknown>> },
  stems: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const ordered = [...new Set(stems)].sort();
  return ordered.reduceRight<() => Promise<T>>((inner, stem) => () => whileAlone(context, stem, inner), work)();
}

type AtWork = { familiesAtWork: Map<string, Promise<unknown>> };

/**
 * One at a time lays down, replaces or moves bytes of a version family: two would give them the same number, and the file
 * of the one that has to give way would stand where the other's belongs.
 */
export function whileAlone<T>(context: AtWork, stem: string, work: () => Promise<T>): Promise<T> {
  return whileAllAlone(context, [stem], work);
}

/** Of several families. The turn is asked for in all of them at the same moment, so that no two wait for each other. */
export async function whileAllAlone<T>(
  { familiesAtWork }: AtWork,
  stems: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const before = stems.map((stem) => familiesAtWork.get(stem) ?? Promise.resolve());
  const mine = Promise.allSettled(before).then(work);
  for (const stem of stems) familiesAtWork.set(stem, mine);
  try {
    return await mine;
  } finally {
    for (const stem of stems) if (familiesAtWork.get(stem) === mine) familiesAtWork.delete(stem);
  }
}

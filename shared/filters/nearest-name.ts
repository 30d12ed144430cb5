/** The name that a person probably meant. */

/** The candidate with the fewest letters to change (at most a third of its length), or null. */
export function nearestName(typed: string, candidates: Iterable<string>): string | null {
  const text = typed.slice(0, LONGEST).toLowerCase();
  let nearest: string | null = null;
  let fewest = Infinity;
  for (const candidate of candidates) {
    const edits = editDistance(text, candidate.toLowerCase());
    if (edits < fewest && edits <= Math.max(1, Math.floor(candidate.length / 3))) {
      nearest = candidate;
      fewest = edits;
    }
  }
  return nearest;
}

const LONGEST = 60;

/** Letters inserted, removed, replaced, or swapped with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let twoBefore: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const now = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min((before[j] ?? 0) + 1, (now[j - 1] ?? 0) + 1, (before[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, (twoBefore[j - 2] ?? 0) + 1);
      }
      now.push(edits);
    }
    twoBefore = before;
    before = now;
  }
  return before[b.length] ?? 0;
}

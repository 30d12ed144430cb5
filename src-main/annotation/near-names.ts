/** "Did you mean …": names that differ from what was typed by a slip. */
import { foldText } from '../../shared/search-terms.ts';

/** At most `limit` of `names`, nearest first: equal but for case and accents, beginning with it, or a few slips away. */
export function nearNames(typed: string, names: readonly string[], limit = 3): string[] {
  const wanted = foldText(typed.trim());
  const most = Math.max(1, Math.floor(wanted.length / 3));
  const near: { name: string; distance: number }[] = [];
  for (const name of names) {
    const folded = foldText(name);
    const within = wanted.length >= 3 && (folded.includes(wanted) || wanted.includes(folded)) && folded.length >= 2;
    const distance = within ? 0.5 : editDistance(wanted, folded, most);
    if (distance <= most) near.push({ name, distance });
  }
  return near
    .sort((a, b) => a.distance - b.distance || a.name.length - b.name.length)
    .slice(0, limit)
    .map(({ name }) => name);
}

/** Levenshtein's distance, or anything above `most` where it is more. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? most + 1;
}

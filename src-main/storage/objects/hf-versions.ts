/** What a file of a repository was before: the commits that changed it. */
import type { ObjectFacts } from './object-store.ts';

/** Commits that are asked about the file: each is a request. */
const MOST = 100;

/** Newest first. `commits`: of the branch, newest first; `at`: the file as it was in one. */
export async function* hfVersions(
  commits: AsyncIterable<string>,
  at: (commit: string) => Promise<ObjectFacts | null>,
): AsyncGenerator<ObjectFacts> {
  let [made, asked]: [string | null, number] = [null, 0];
  for await (const commit of commits) {
    // Until the commit that made it, it is the same.
    if (made !== null && commit !== made) continue;
    if (commit === made) {
      made = null;
      continue;
    }
    if (++asked > MOST) return;
    const facts = await at(commit);
    if (facts === null) continue;
    yield facts;
    made = facts.version === commit ? null : facts.version;
  }
}

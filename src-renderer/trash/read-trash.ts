/** What is in the trash: the last change first, read as far as the person asked for. */
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import type { Client } from '../client/open-link.ts';

export const TRASH_PAGE = 100;
/** The most that one deletion takes. */
export const MOST_AT_ONCE = 10_000;
const LONGEST_PAGE = 1000;
const NEWEST_FIRST = { field: 'updated_at', descending: true } as const;

export interface TrashPage {
  items: ArtifactRecord[];
  /** Null if it is only known to be over 10,000. */
  total: number | null;
  more: boolean;
}

/** At least `wanted` rows if there are so many. */
export async function readTrash(client: Client, wanted: number): Promise<TrashPage> {
  const items: ArtifactRecord[] = [];
  let total: number | null = 0;
  let cursor: string | null = null;
  do {
    const limit = Math.min(LONGEST_PAGE, wanted - items.length);
    const page = await client.artifacts.list({ trash: true, sort: NEWEST_FIRST, limit, cursor });
    items.push(...page.items);
    if (cursor === null) total = page.total;
    cursor = page.next_cursor;
  } while (cursor !== null && items.length < wanted);
  return { items, total, more: cursor !== null };
}

/** Every uid in it, as far as one deletion takes them. */
export async function allInTrash(client: Client): Promise<string[]> {
  return (await readTrash(client, MOST_AT_ONCE)).items.map(({ uid }) => uid);
}

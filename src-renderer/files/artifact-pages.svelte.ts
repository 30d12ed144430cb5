/**
 * The rows of the table: pages by keyset cursor, read as they come into view. Far pages are let go and read again by
 * their cursor, so that the memory of a long scroll is bounded. Answers to an older question are dropped.
 */
import type { ArtifactPage, ArtifactRecord, ListArtifactsInput } from '../../shared/contract/index.ts';
import type { ErrorData } from '../../shared/errors.ts';
import { describeError } from '../client/errors.ts';
import type { Client } from '../client/open-link.ts';

export type Query = Pick<ListArtifactsInput, 'filters' | 'search' | 'sort'>;

interface Page {
  /** Where it starts; null for the first. */
  cursor: string | null;
  count: number;
  /** Its first row, known also while it is let go. */
  firstUid: string | undefined;
  /** Null while it is let go. */
  rows: ArtifactRecord[] | null;
}

export const PAGE_SIZE = 100;
/** Pages kept around what is in view. */
const KEPT_EACH_SIDE = 15;
/** The most rows that the contract answers at once. */
const LONGEST_PAGE = 1000;

export class ArtifactPages {
  pages: Page[] = $state.raw([]);
  total: number | null = $state(null);
  /** True where the total is only known to be over 10,000. */
  more = $state(false);
  state: 'loading' | 'ready' | 'failed' = $state('loading');
  error: ErrorData | null = $state.raw(null);
  /** Rows that came in above what is in view since it was last read from the top. */
  arrived = $state(0);
  readonly rowCount = $derived(this.pages.reduce((sum, page) => sum + page.count, 0));

  #next: string | null = null;
  #query: Query | null = null;
  #asked = 0;
  readonly #loading = new Set<number>();
  #loadingMore = false;
  readonly #client: () => Client;

  constructor(client: () => Client) {
    this.#client = client;
  }

  rowAt(index: number): ArtifactRecord | undefined {
    const at = this.#locate(index);
    return at === null ? undefined : this.pages[at.page]?.rows?.[at.offset];
  }

  /** -1 if it is not among the rows that are held. */
  indexOf(uid: string): number {
    let before = 0;
    for (const page of this.pages) {
      const offset = page.rows?.findIndex((row) => row.uid === uid) ?? -1;
      if (offset >= 0) return before + offset;
      before += page.count;
    }
    return -1;
  }

  isFirstPage(index: number): boolean {
    return this.#locate(index)?.page === 0;
  }

  /** Asks anew from the top; true if this question's answer is what is shown now. */
  async open(query: Query): Promise<boolean> {
    const mine = ++this.#asked;
    this.#query = query;
    this.#loading.clear();
    this.#loadingMore = false;
    if (this.state === 'failed') this.state = 'loading';
    try {
      const answer = await this.#client().artifacts.list({ ...query, limit: PAGE_SIZE });
      if (mine !== this.#asked) return false;
      this.#next = answer.next_cursor;
      this.pages = [pageOf(null, answer)];
      this.#count(answer);
      this.arrived = 0;
      this.error = null;
      this.state = 'ready';
      return true;
    } catch (cause) {
      if (mine !== this.#asked) return false;
      this.error = describeError(cause, true);
      this.state = 'failed';
      return false;
    }
  }

  /** Reads what is missing of the rows `first` to `last`, lets go what is far away. */
  async show(first: number, last: number): Promise<void> {
    const from = this.#locate(first)?.page ?? 0;
    const to = this.#locate(last)?.page ?? this.pages.length - 1;
    this.#letGo(from, to);
    const missing: Promise<void>[] = [];
    for (let index = from; index <= to; index++) {
      if (this.pages[index]?.rows === null && !this.#loading.has(index)) missing.push(this.#fill(index));
    }
    if (last >= this.rowCount - PAGE_SIZE / 2) missing.push(this.loadMore());
    await Promise.all(missing);
  }

  async loadMore(): Promise<void> {
    if (this.#next === null || this.#query === null || this.#loadingMore) return;
    this.#loadingMore = true;
    const mine = this.#asked;
    const cursor = this.#next;
    try {
      const answer = await this.#client().artifacts.list({ ...this.#query, limit: PAGE_SIZE, cursor });
      if (mine !== this.#asked) return;
      this.#next = answer.next_cursor;
      this.pages = [...this.pages, pageOf(cursor, answer)];
    } catch (cause) {
      if (mine === this.#asked) this.error = describeError(cause, true);
    } finally {
      if (mine === this.#asked) this.#loadingMore = false;
    }
  }

  /**
   * Something changed: reads the pages in view again in their place (keyset cursors do not shift), marks the others as
   * unread. New rows above are only counted, in `arrived`.
   */
  async refresh(first: number, last: number): Promise<void> {
    const query = this.#query;
    const from = this.#locate(first)?.page;
    const to = this.#locate(last)?.page;
    if (query === null || from === undefined || to === undefined) return;
    const mine = ++this.#asked;
    this.#loading.clear();
    this.#loadingMore = false;
    const known = new Set(this.pages.flatMap((page) => page.rows?.map((row) => row.uid) ?? []));
    const fresh: Page[] = [];
    let cursor = this.pages[from]?.cursor ?? null;
    let head: ArtifactPage | null = null;
    try {
      for (let index = from; index <= to; index++) {
        const answer = await this.#client().artifacts.list({ ...query, limit: PAGE_SIZE, cursor });
        if (mine !== this.#asked) return;
        head ??= answer;
        fresh.push(pageOf(cursor, answer));
        cursor = answer.next_cursor;
        if (cursor === null) break;
      }
    } catch (cause) {
      if (mine === this.#asked) this.error = describeError(cause, true);
      return;
    }
    const inView = fresh.flatMap((page) => page.rows ?? []).filter((row) => !known.has(row.uid)).length;
    const before = this.total;
    if (head !== null) this.#count(head);
    if (from > 0 && before !== null && this.total !== null) this.arrived += Math.max(0, this.total - before - inView);
    this.pages = [...this.pages.slice(0, from).map((page) => ({ ...page, rows: null })), ...fresh];
    this.#next = cursor;
    this.error = null;
  }

  /** Every uid that the question finds, at most `limit`. */
  async allUids(limit: number): Promise<string[]> {
    const uids: string[] = [];
    let cursor: string | null = null;
    while (this.#query !== null && uids.length < limit) {
      const answer: ArtifactPage = await this.#client().artifacts.list({ ...this.#query, limit: LONGEST_PAGE, cursor });
      uids.push(...answer.items.map((row) => row.uid));
      cursor = answer.next_cursor;
      if (cursor === null) break;
    }
    return uids.slice(0, limit);
  }

  #count(answer: ArtifactPage): void {
    this.total = answer.total;
    this.more = answer.more === true;
  }

  #locate(index: number): { page: number; offset: number } | null {
    let before = 0;
    for (const [page, { count }] of this.pages.entries()) {
      if (index < before + count) return { page, offset: index - before };
      before += count;
    }
    return null;
  }

  async #fill(index: number): Promise<void> {
    const page = this.pages[index];
    if (page === undefined || this.#query === null) return;
    const mine = this.#asked;
    this.#loading.add(index);
    try {
      const after = this.pages[index + 1];
      const question = { ...this.#query, cursor: page.cursor };
      let answer = await this.#client().artifacts.list({ ...question, limit: PAGE_SIZE });
      const whole = answer.next_cursor === (after?.cursor ?? this.#next);
      // Rows came or went in it meanwhile: it is read as far as the first row of the page after it.
      if (!whole) answer = await this.#client().artifacts.list({ ...question, limit: LONGEST_PAGE });
      if (mine !== this.#asked) return;
      const end = whole || after === undefined ? -1 : answer.items.findIndex((row) => row.uid === after.firstUid);
      if (whole) this.pages = this.pages.with(index, pageOf(page.cursor, answer));
      else if (end >= 0)
        this.pages = this.pages.with(index, pageOf(page.cursor, { items: answer.items.slice(0, end) }));
      else {
        // That row is gone, or too many came: what follows is read anew.
        this.pages = [...this.pages.slice(0, index), pageOf(page.cursor, answer)];
        this.#next = answer.next_cursor;
      }
    } catch (cause) {
      if (mine === this.#asked) this.error = describeError(cause, true);
    } finally {
      if (mine === this.#asked) this.#loading.delete(index);
    }
  }

  #letGo(from: number, to: number): void {
    const far = (index: number): boolean => index < from - KEPT_EACH_SIDE || index > to + KEPT_EACH_SIDE;
    if (!this.pages.some((page, index) => page.rows !== null && far(index))) return;
    this.pages = this.pages.map((page, index) => (far(index) ? { ...page, rows: null } : page));
  }
}

function pageOf(cursor: string | null, { items }: Pick<ArtifactPage, 'items'>): Page {
  return { cursor, count: items.length, firstUid: items[0]?.uid, rows: items };
}

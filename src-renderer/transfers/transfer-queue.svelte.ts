/** The transfers as the engine has them, read once for the rail, the table and their own screen. */
import { createContext, onDestroy, untrack } from 'svelte';
import type { TransferRecord } from '../../shared/contract/index.ts';
import { describeError } from '../client/errors.ts';
import { createResource, type Resource } from '../client/resource.svelte.ts';
import type { Client } from '../client/open-link.ts';
import type { AppContext } from '../shell/app-context.ts';
import { isOver } from './transfer-words.ts';

export type TransferList = Awaited<ReturnType<Client['transfers']['list']>>;
export type TransferAction = 'pause' | 'resume' | 'cancel' | 'retry' | 'first';

export interface TransferQueue {
  readonly list: Resource<TransferList>;
  /** On its way for this artifact, if anything is. What is not read yet is asked for, and shown when it is there. */
  of(uid: string): TransferRecord | undefined;
  /** How many of those that are over are read. */
  over: number;
  /** How many of those that wait are read. */
  most: number;
  /** `ids` null: all that are not over. True if it worked; otherwise a note said why not. */
  act(action: TransferAction, ids: number[] | null): Promise<boolean>;
  clear(): Promise<boolean>;
}

export const [transferQueue, provideTransferQueue] = createContext<TransferQueue>();

/** Enough to notice what has just ended. */
export const FEW_OVER = 20;
export const FEW_WAITING = 1000;
/** Ms. */
const LOOK_EVERY = 2000;
/** Of what is in view more are never asked for at once. */
const MOST_ASKED = 1000;

/** Call it while a component is set up. */
export function createTransferQueue(app: AppContext): TransferQueue {
  let over = $state(FEW_OVER);
  let most = $state(FEW_WAITING);
  const list = createResource(
    app,
    () => app.client.transfers.list({ over, most }),
    (event) => event.type === 'transfers',
  );
  // Bytes that move are told from time to time, a standstill never: what is worked on is asked for.
  const clock = setInterval(() => {
    if (app.connection.state === 'ready' && list.data?.items.some(({ busy }) => busy) === true) void list.reload();
  }, LOOK_EVERY);
  onDestroy(() => clearInterval(clock));
  const going = $derived((list.data?.items ?? []).filter((item) => !isOver(item)));
  const byUid = $derived(new Map(going.map((item) => [item.uid, item])));
  /** More wait than are read: of others it has to be asked whether they do. */
  const isCut = $derived(going.length >= most);
  let others = $state.raw<ReadonlyMap<string, TransferRecord | null>>(new Map());
  /** Who is shown now: each asks again when what is known is another. */
  const shown = new Set<string>();
  let soon: ReturnType<typeof setTimeout> | undefined;

  function askSoon(): void {
    soon ??= setTimeout(() => {
      soon = undefined;
      void ask();
    });
  }

  async function ask(): Promise<void> {
    const artifacts = [...shown].slice(-MOST_ASKED);
    shown.clear();
    if (artifacts.length === 0) return;
    try {
      const { items } = await app.client.transfers.list({ over: 0, most: 0, artifacts });
      const found = new Map(items.map((item) => [item.uid, item]));
      others = new Map(artifacts.map((uid) => [uid, found.get(uid) ?? null]));
    } catch {
      // The list says that the engine does not answer.
    }
  }

  function of(uid: string): TransferRecord | undefined {
    const read = byUid.get(uid);
    if (read !== undefined || !isCut) return read;
    shown.add(uid);
    const other = others.get(uid);
    if (other === undefined) askSoon();
    return other ?? undefined;
  }

  $effect(() => {
    void list.data;
    if (untrack(() => isCut)) askSoon();
  });
  onDestroy(() => clearTimeout(soon));

  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      await list.reload();
      return true;
    } catch (cause) {
      app.toasts.problem(describeError(cause, app.connection.state === 'ready'));
      return false;
    }
  }

  return {
    list,
    of,
    get over() {
      return over;
    },
    set over(count) {
      over = count;
    },
    get most() {
      return most;
    },
    set most(count) {
      most = count;
    },
    act: (action, ids) => attempt(() => app.client.transfers[action]({ ids })),
    clear: () => attempt(() => app.client.transfers.clear({})),
  };
}

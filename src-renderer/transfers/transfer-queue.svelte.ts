/** The transfers as the engine has them, read once for the rail, the table and their own screen. */
import { createContext, onDestroy } from 'svelte';
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
  /** On its way for this artifact, if anything is. */
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
  const byUid = $derived(
    new Map((list.data?.items ?? []).filter((item) => !isOver(item)).map((item) => [item.uid, item])),
  );

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
    of: (uid) => byUid.get(uid),
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

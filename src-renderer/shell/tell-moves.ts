/** Says once what the watcher followed by itself: "Folder X was renamed to Y – 412 files kept their details", with Undo. */
import { countOf } from '../../shared/format/counts.ts';
import { ACTIONS } from '../../shared/vocabulary.ts';
import { describeError } from '../client/errors.ts';
import { coalesce } from '../client/live.svelte.ts';
import { touches } from '../client/resource.svelte.ts';
import { sentence, undoChange } from '../history/undo.ts';
import type { AppContext } from './app-context.ts';

/** Looked at; more than are told one by one. */
const LOOKED_AT = 20;
const TOLD = 2;

/** `registry`: its id. Returns what ends it. What was followed while no window was open is told by the next one. */
export function tellMoves(app: AppContext, registry: string): () => void {
  const key = `benchkeep.moves-told.${registry}`;
  const look = coalesce(() => void tellNew(), 200, 1000);
  void tellNew();
  const stop = app.live.listen((event) => {
    if (event.type === 'everything' || touches(event, 'copy', 'artifact')) look.trigger();
  });
  return () => {
    stop();
    look.stop();
  };

  async function tellNew(): Promise<void> {
    try {
      const { items } = await app.client.changes.transactions({ limit: LOOKED_AT, operation: ['move'] });
      const told = localStorage.getItem(key);
      localStorage.setItem(key, String(items[0]?.transaction ?? told ?? 0));
      // The first window of a registry has seen nothing yet, and is not told of old times.
      if (told === null) return;
      const fresh = items.filter(({ transaction, undoable }) => transaction > Number(told) && undoable);
      for (const { transaction, title } of fresh.slice(0, TOLD).reverse()) {
        app.toasts.show(sentence(title), { label: ACTIONS.undo, run: () => void undoChange(app, transaction) });
      }
      const more = fresh.length - TOLD;
      if (more > 0) app.toasts.show(`${countOf(more, 'more move')} of files and folders followed. See History.`);
    } catch (cause) {
      // Lost connections are told by their banner; the next one looks again.
      const error = describeError(cause, app.connection.state === 'ready');
      if (error.code !== 'offline') app.toasts.problem(error);
    }
  }
}

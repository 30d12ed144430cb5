/** Which drives are away: no change of the registry tells it, yet the state of every file on them hangs on it. */
import { untrack } from 'svelte';
import { createResource, type Resource } from '../client/resource.svelte.ts';
import type { AppContext } from '../shell/app-context.ts';

/** The ids of their storage places as one text; `onchange` is called when a drive goes or comes back. */
export function followDrives(app: AppContext, onchange: () => void): Resource<string> {
  const away = createResource(
    app,
    async () => {
      const { items } = await app.client.watching.folders({});
      return items.flatMap(({ storage, health }) => (health === 'offline' ? [storage] : [])).join();
    },
    (event) => event.type === 'folders',
  );
  let known: string | undefined;
  $effect(() => {
    const now = away.data;
    if (now !== undefined && known !== undefined && now !== known) untrack(onchange);
    known = now;
  });
  return away;
}

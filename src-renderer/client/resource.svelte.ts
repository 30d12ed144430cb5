/** One answer of the engine shown on screen: loaded, kept while it is read again, stale answers dropped. */
import { onDestroy } from 'svelte';
import type { ErrorData } from '../../shared/errors.ts';
import type { AppContext } from '../shell/app-context.ts';
import { describeError } from './errors.ts';
import { coalesce, type LiveEvent } from './live.svelte.ts';

export interface Resource<T> {
  readonly data: T | undefined;
  readonly error: ErrorData | undefined;
  readonly loading: boolean;
  reload(): Promise<void>;
}

/**
 * `load` runs at once, again whenever the state it reads synchronously changes, and on every event that
 * `concerns` says yes to. Call it while a component is set up.
 */
export function createResource<T>(
  app: AppContext,
  load: () => Promise<T>,
  concerns: (event: LiveEvent) => boolean = () => false,
): Resource<T> {
  let data = $state.raw<T | undefined>(undefined);
  let error = $state.raw<ErrorData | undefined>(undefined);
  let loading = $state(true);
  let asked = 0;

  async function take(answer: Promise<T>): Promise<void> {
    const mine = ++asked;
    try {
      const value = await answer;
      if (mine !== asked) return;
      data = value;
      error = undefined;
    } catch (cause) {
      if (mine !== asked) return;
      error = describeError(cause, app.connection.state === 'ready');
    }
    loading = false;
  }

  // Synchronous part of `load` is tracked, so that a changed argument asks again.
  $effect(() => {
    void take(load());
  });

  const again = coalesce(() => void take(load()));
  const stopListening = app.live.listen((event) => {
    if (event.type === 'everything' || concerns(event)) again.trigger();
  });
  onDestroy(() => {
    stopListening();
    again.stop();
    asked++;
  });

  return {
    get data() {
      return data;
    },
    get error() {
      return error;
    },
    get loading() {
      return loading;
    },
    reload: () => take(load()),
  };
}

/** An event about any of these registries. */
export function touches(event: LiveEvent, ...registries: string[]): boolean {
  return event.type === 'registry' && registries.some((name) => event.registries.includes(name));
}

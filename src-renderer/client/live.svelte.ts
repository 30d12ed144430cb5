/** The engine's events, fanned out to what is on screen; after a reconnect everybody is told to read again. */
import { untrack } from 'svelte';
import type { EngineEvent } from '../../shared/contract/index.ts';
import type { Connection } from './connection.svelte.ts';

export type LiveEvent = EngineEvent | { type: 'everything' };
type Listener = (event: LiveEvent) => void;

export class Live {
  readonly #listeners = new Set<Listener>();
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Returns what ends the listening. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows one connection until it is gone; called for each generation. */
  async follow(): Promise<void> {
    const { client, generation } = this.#connection;
    try {
      const events = await client.changes.events({});
      if (generation > 1) this.#tell({ type: 'everything' });
      for await (const event of events) this.#tell(event);
    } catch (error) {
      // Ends with its connection, which the connection's own loop notices; anything else is a fault worth seeing.
      if (this.#connection.state === 'ready' && this.#connection.generation === generation) {
        console.error('Live updates stopped:', error);
      }
    }
  }

  #tell(event: LiveEvent): void {
    untrack(() => {
      for (const listener of this.#listeners) listener(event);
    });
  }
}

/** Calls `act` once a burst of calls is over, at the latest `longest` ms after its first; returns the trigger. */
export function coalesce(act: () => void, quiet = 120, longest = 600): { trigger: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let first = 0;
  const run = (): void => {
    timer = undefined;
    first = 0;
    act();
  };
  return {
    trigger() {
      const now = performance.now();
      if (first === 0) first = now;
      clearTimeout(timer);
      timer = setTimeout(run, Math.max(0, Math.min(quiet, first + longest - now)));
    },
    stop: () => clearTimeout(timer),
  };
}

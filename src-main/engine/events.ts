/** Live events to open windows: many changes become one event, and a slow window costs no memory. */
import type { EngineEvent } from '../../shared/contract/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { Committed } from '../registry/change-log.ts';

/** Changes within this time (ms) come as one event: soon enough for an eye, few enough for a burst. */
const COALESCE = 100;
const MOST_UIDS = 100;

export interface EventHub {
  registryChanged(committed: Committed): void;
  inboxChanged(counts: () => Promise<{ waiting: number; failed: number }>): void;
  foldersChanged(): void;
  instanceChanged(): void;
  /** Ends when `signal` aborts or the hub closes. */
  subscribe(signal?: AbortSignal): AsyncGenerator<EngineEvent, void>;
  close(): void;
}

interface Pending {
  registries: Set<string>;
  uids: Set<string> | null;
  lastChange: number;
  inbox: (() => Promise<{ waiting: number; failed: number }>) | null;
  folders: boolean;
  instance: boolean;
}

function nothing(): Pending {
  return { registries: new Set(), uids: new Set(), lastChange: 0, inbox: null, folders: false, instance: false };
}

export function eventHub(clock: Clock): EventHub {
  const subscribers = new Set<(events: EngineEvent[] | null) => void>();
  let pending = nothing();
  let cancel: (() => void) | null = null;

  function soon(): void {
    cancel ??= clock.after(COALESCE, () => {
      cancel = null;
      const batch = pending;
      pending = nothing();
      void send(batch);
    });
  }

  async function send(batch: Pending): Promise<void> {
    const events: EngineEvent[] = [];
    if (batch.instance) events.push({ type: 'instance' });
    if (batch.registries.size > 0) {
      events.push({
        type: 'registry',
        registries: [...batch.registries],
        uids: batch.uids === null ? null : [...batch.uids],
        last_change: batch.lastChange,
      });
    }
    if (batch.inbox !== null) {
      // A count that can't be had (the instance is closing) is left out: the next event brings it.
      const counts = await batch.inbox().catch(() => null);
      if (counts !== null) events.push({ type: 'inbox', ...counts });
    }
    if (batch.folders) events.push({ type: 'folders' });
    for (const deliver of subscribers) deliver(events);
  }

  return {
    registryChanged({ registries, uids, head }) {
      for (const registry of registries) pending.registries.add(registry);
      if (pending.uids !== null) for (const uid of uids) pending.uids.add(uid);
      if (pending.uids !== null && pending.uids.size > MOST_UIDS) pending.uids = null;
      pending.lastChange = head.id;
      soon();
    },
    inboxChanged(counts) {
      pending.inbox = counts;
      soon();
    },
    foldersChanged() {
      pending.folders = true;
      soon();
    },
    instanceChanged() {
      pending.instance = true;
      soon();
    },
    async *subscribe(signal) {
      const queue: EngineEvent[] = [];
      let wake: (() => void) | null = null;
      let ended = false;
      const deliver = (events: EngineEvent[] | null): void => {
        if (events === null) ended = true;
        else for (const event of events) merge(queue, event);
        wake?.();
      };
      const stop = (): void => {
        deliver(null);
      };
      subscribers.add(deliver);
      signal?.addEventListener('abort', stop, { once: true });
      try {
        while (!isEnded()) {
          const event = queue.shift();
          if (event !== undefined) yield event;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      } finally {
        subscribers.delete(deliver);
        signal?.removeEventListener('abort', stop);
      }
      function isEnded(): boolean {
        return ended || signal?.aborted === true;
      }
    },
    close() {
      cancel?.();
      for (const deliver of subscribers) deliver(null);
    },
  };
}

/** A window that doesn't keep up gets what it has not seen yet as one event of each type. */
function merge(queue: EngineEvent[], event: EngineEvent): void {
  const index = queue.findIndex((waiting) => waiting.type === event.type);
  const waiting = queue[index];
  if (waiting === undefined) queue.push(event);
  else if (waiting.type === 'registry' && event.type === 'registry') {
    const uids = waiting.uids === null || event.uids === null ? null : [...new Set([...waiting.uids, ...event.uids])];
    queue[index] = {
      type: 'registry',
      registries: [...new Set([...waiting.registries, ...event.registries])],
      uids: uids !== null && uids.length > MOST_UIDS ? null : uids,
      last_change: event.last_change,
    };
  } else queue[index] = event;
}

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
  transfersChanged(): void;
  instanceChanged(): void;
  /** Events from this call on. Ends when `signal` aborts, on `return`, or when the hub closes. */
  subscribe(signal?: AbortSignal): AsyncGenerator<EngineEvent, void>;
  close(): void;
}

interface Pending {
  registries: Set<string>;
  uids: Set<string> | null;
  lastChange: number;
  inbox: (() => Promise<{ waiting: number; failed: number }>) | null;
  folders: boolean;
  transfers: boolean;
  instance: boolean;
}

interface Subscriber {
  deliver: (events: EngineEvent[]) => void;
  end: () => void;
}

function nothing(): Pending {
  return {
    registries: new Set(),
    uids: new Set(),
    lastChange: 0,
    inbox: null,
    folders: false,
    transfers: false,
    instance: false,
  };
}

export function eventHub(clock: Clock): EventHub {
  const subscribers = new Set<Subscriber>();
  let pending = nothing();
  let cancel: (() => void) | null = null;
  let closed = false;
  let sending: Promise<void> = Promise.resolve();

  function soon(): void {
    cancel ??= clock.after(COALESCE, () => {
      cancel = null;
      const batch = pending;
      pending = nothing();
      // One after the other, or a batch that has to count would come after a newer one.
      sending = sending.then(() => send(batch));
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
    if (batch.transfers) events.push({ type: 'transfers' });
    for (const { deliver } of subscribers) deliver(events);
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
    transfersChanged() {
      pending.transfers = true;
      soon();
    },
    instanceChanged() {
      pending.instance = true;
      soon();
    },
    subscribe(signal) {
      // From the call on, not from the first `next`: what changes between the two must not be lost.
      const queue: EngineEvent[] = [];
      let wake: (() => void) | null = null;
      let ended = closed || signal?.aborted === true;
      const deliver = (events: EngineEvent[]): void => {
        for (const event of events) merge(queue, event);
        wake?.();
      };
      const end = (): void => {
        ended = true;
        subscribers.delete(subscriber);
        signal?.removeEventListener('abort', end);
        wake?.();
      };
      const subscriber = { deliver, end };
      if (!ended) {
        subscribers.add(subscriber);
        signal?.addEventListener('abort', end, { once: true });
      }
      async function* events(): AsyncGenerator<EngineEvent, void> {
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
          end();
        }
      }
      const isEnded = (): boolean => ended;
      const generator = events();
      // A generator that waits takes a `return` only after its next event; this one ends at once.
      return Object.assign(generator, {
        return: (): Promise<IteratorResult<EngineEvent, void>> => {
          end();
          return Promise.resolve({ done: true, value: undefined });
        },
      });
    },
    close() {
      closed = true;
      cancel?.();
      for (const { end } of [...subscribers]) end();
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

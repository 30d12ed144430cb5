/** Watches all roots, in a thread of its own: while the engine works, the system's events must not pile up and be dropped. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock as clock } from '../../ports/clock.ts';
import { failpoint } from '../../ports/failpoint.ts';
import { eventQueueLength } from '../../ports/fs/watch-limit.ts';
import type { FromHints, HintThreadData, ToHints } from '../hint-messages.ts';
import { LOST, watchRoot, type WatchedRoot } from '../watched-root.ts';

/** Ms between looks at this thread's own lateness, and the lateness that may have cost events. */
const BEAT = 250;
const LATE = 1000;

const engine = parentPort;
if (engine === null) throw new Error('hint-thread runs as a worker');
const { probeEvery } = workerData as HintThreadData;

const roots = new Map<number, WatchedRoot>();
const send = (message: FromHints): void => {
  engine.postMessage(message);
};
function lostAnywhere(): void {
  for (const root of roots.values()) root.lost(LOST);
}

// The system's queue is read to its end in one turn of the loop. A turn that brought as much as the queue holds may have
// found it full, and what came then was dropped without a word.
const queue = eventQueueLength() * 0.9;
const turn = { events: 0 };
function countEvent(): void {
  if (turn.events === 0) clock.after(0, () => (turn.events = 0));
  turn.events += 1;
  if (turn.events === Math.floor(queue)) lostAnywhere();
}

function keepBeat(last: number): void {
  clock.after(BEAT, () => {
    const now = clock.monotonic();
    if (now - last > BEAT + LATE) lostAnywhere();
    keepBeat(now);
  });
}
keepBeat(clock.monotonic());

function keepProbing(): void {
  clock.after(probeEvery, () => {
    for (const root of roots.values()) void root.probe();
    keepProbing();
  });
}
keepProbing();

engine.on('message', (message: ToHints) => {
  const { id } = message;
  if (message.type === 'taken') roots.get(id)?.taken();
  else if (message.type === 'unwatch') {
    const root = roots.get(id);
    roots.delete(id);
    root?.close();
  } else {
    const root = watchRoot({ clock }, message.root, {
      onReady() {
        send({ type: 'ready', id });
      },
      onHints(paths) {
        failpoint('hints.post.before');
        send({ type: 'hints', id, paths });
      },
      onProblem(problem) {
        send({ type: 'problem', id, problem });
      },
      onEvent: countEvent,
    });
    roots.set(id, root);
  }
});

/** Long work that a person started in this window: progress, result, stop. Stopping is closing the job's iterator. */
import type { JobProgress } from '../../shared/contract/index.ts';
import type { ErrorData } from '../../shared/errors.ts';
import { inWindowWords } from '../ui/window-words.ts';
import { describeError, isCancelled } from '../client/errors.ts';

export interface Job {
  id: number;
  /** What is done, as a present participle: "Adding files". */
  title: string;
  progress: JobProgress;
  /** Bytes a second over the whole time so far. */
  speed: number;
  state: 'running' | 'done' | 'stopped' | 'failed';
  /** Ms since 1970; null while it runs. */
  ended: number | null;
  summary: string;
  error: ErrorData | null;
  /** Uids of what it brings to this computer. */
  fetches: readonly string[];
  stop: () => void;
}

export interface JobPlan<Result> {
  title: string;
  start: (signal: AbortSignal) => Promise<AsyncIterator<JobProgress, Result>>;
  /** One sentence of what came of it. */
  summarise: (result: Result) => string;
  /** Uids of what it brings to this computer: what broke off can be asked for again. */
  fetches?: readonly string[];
}

const NOTHING_YET: JobProgress = { items: 0, items_total: null, bytes: 0, bytes_total: null, file: null };

export class Jobs {
  list: Job[] = $state([]);
  #next = 1;
  /** By the job's id. */
  readonly #again = new Map<number, () => Promise<void>>();

  /** Runs to the end; never rejects, the job itself says how it ended. */
  async run<Result>(plan: JobPlan<Result>): Promise<void> {
    const abort = new AbortController();
    // What went well was read, or is in the history: only the newest result stays.
    for (const { id, state } of this.list) if (state === 'done') this.dismiss(id);
    const id = this.#next++;
    this.#again.set(id, () => this.run(plan));
    this.list.push({
      id,
      title: plan.title,
      progress: NOTHING_YET,
      speed: 0,
      state: 'running',
      ended: null,
      summary: '',
      error: null,
      fetches: plan.fetches ?? [],
      stop: () => abort.abort(),
    });
    const job = this.list.at(-1);
    if (job === undefined) return;
    try {
      const steps = await plan.start(abort.signal);
      abort.signal.addEventListener('abort', () => void steps.return?.());
      const started = performance.now();
      for (;;) {
        const step = await steps.next();
        if (abort.signal.aborted) break;
        if (step.done === true) {
          // Its warnings are the engine's.
          job.summary = inWindowWords(plan.summarise(step.value));
          job.state = 'done';
          return;
        }
        job.progress = step.value;
        job.speed = (step.value.bytes * 1000) / Math.max(1, performance.now() - started);
      }
      job.state = 'stopped';
    } catch (error) {
      if (abort.signal.aborted || isCancelled(error)) job.state = 'stopped';
      else {
        job.error = describeError(error, true);
        job.state = 'failed';
      }
    } finally {
      job.ended = Date.now();
    }
  }

  isFetching(uid: string): boolean {
    return this.list.some(({ state, fetches }) => state === 'running' && fetches.includes(uid));
  }

  /** The newest that broke off before it had brought this one, `since` (ms since 1970) or later. */
  brokenOff(uid: string, since: number): Job | undefined {
    return this.list.findLast(
      ({ state, ended, fetches }) =>
        (state === 'failed' || state === 'stopped') && ended !== null && ended >= since && fetches.includes(uid),
    );
  }

  /** The same once more, in its place. */
  async again(id: number): Promise<void> {
    const run = this.#again.get(id);
    this.dismiss(id);
    await run?.();
  }

  dismiss(id: number): void {
    this.#again.delete(id);
    this.list = this.list.filter((job) => job.id !== id);
  }
}

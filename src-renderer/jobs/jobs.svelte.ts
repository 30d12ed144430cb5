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
  summary: string;
  error: ErrorData | null;
  stop: () => void;
}

export interface JobPlan<Result> {
  title: string;
  start: (signal: AbortSignal) => Promise<AsyncIterator<JobProgress, Result>>;
  /** One sentence of what came of it. */
  summarise: (result: Result) => string;
}

const NOTHING_YET: JobProgress = { items: 0, items_total: null, bytes: 0, bytes_total: null, file: null };

export class Jobs {
  list: Job[] = $state([]);
  #next = 1;

  /** Runs to the end; never rejects, the job itself says how it ended. */
  async run<Result>(plan: JobPlan<Result>): Promise<void> {
    const abort = new AbortController();
    // What went well was read, or is in the history: only the newest result stays.
    this.list = this.list.filter(({ state }) => state !== 'done');
    this.list.push({
      id: this.#next++,
      title: plan.title,
      progress: NOTHING_YET,
      speed: 0,
      state: 'running',
      summary: '',
      error: null,
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
    }
  }

  dismiss(id: number): void {
    this.list = this.list.filter((job) => job.id !== id);
  }
}

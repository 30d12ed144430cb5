/** Short notes at the lower edge, each with at most one thing to do (for example Undo). */
import type { ErrorData } from '../../shared/errors.ts';
import { errorSentence } from '../client/errors.ts';

export interface ToastAction {
  label: string;
  run: () => void;
  /** True where it takes back what the person just did: then Ctrl+Z runs it too. */
  undoes?: boolean;
}

export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'problem';
  action?: ToastAction;
}

/** How long one stays, in milliseconds; with an action or a problem longer. Paused while pointed at or focused. */
const STAYS = 5000;
const STAYS_LONGER = 12_000;

export class Toasts {
  items: Toast[] = $state([]);
  #next = 1;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(text: string, action?: ToastAction): void {
    this.#add({ text, tone: 'plain', ...(action === undefined ? {} : { action }) });
  }

  problem(error: ErrorData): void {
    this.#add({ text: errorSentence(error), tone: 'problem' });
  }

  dismiss(id: number): void {
    this.hold(id);
    this.items = this.items.filter((toast) => toast.id !== id);
  }

  /** Keeps a toast while a person reads it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  release(toast: Toast): void {
    const stays = toast.action !== undefined || toast.tone === 'problem' ? STAYS_LONGER : STAYS;
    this.hold(toast.id);
    this.#timers.set(
      toast.id,
      setTimeout(() => this.dismiss(toast.id), stays),
    );
  }

  /** Runs the newest offer to undo, as Ctrl+Z does; false if there is none. */
  undoNewest(): boolean {
    const toast = this.items.findLast((item) => item.action?.undoes === true);
    if (toast === undefined) return false;
    this.dismiss(toast.id);
    toast.action?.run();
    return true;
  }

  #add(toast: Omit<Toast, 'id'>): void {
    const item = { ...toast, id: this.#next++ };
    // Said again, it is said once: two alike look like two things. What can be undone is a thing of its own.
    if (toast.action === undefined)
      for (const old of this.items) if (old.action === undefined && old.text === toast.text) this.dismiss(old.id);
    for (const old of this.items.slice(0, -2)) this.dismiss(old.id);
    this.items.push(item);
    this.release(item);
  }
}

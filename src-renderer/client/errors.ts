/** Errors as a person reads them: what happened, and what to do. */
import type { ErrorData } from '../../shared/errors.ts';
import { inWindowWords } from '../ui/window-words.ts';

/** True where `error` is the engine's own error in the shape it has after crossing the connection. */
function carriesErrorData(error: unknown): error is { data: ErrorData } {
  if (typeof error !== 'object' || error === null || !('code' in error) || error.code !== 'BENCHKEEP') return false;
  if (!('data' in error) || typeof error.data !== 'object' || error.data === null) return false;
  return 'message' in error.data && 'remedy' in error.data;
}

/** True for a call that ended because somebody closed it on purpose. */
export function isCancelled(error: unknown): boolean {
  if (carriesErrorData(error)) return error.data.code === 'cancelled';
  return error instanceof Error && error.name === 'AbortError';
}

/** Any error as `ErrorData`, in the words of the window; what the engine did not send itself is a lost or misunderstood call. */
export function describeError(error: unknown, connected: boolean): ErrorData {
  if (carriesErrorData(error)) return forWindow(error.data);
  if (!connected || isCancelled(error)) {
    return {
      code: 'offline',
      message: 'Benchkeep’s engine did not answer',
      remedy: 'This window reconnects by itself; nothing you registered is lost.',
      retry: true,
    };
  }
  return {
    code: 'internal',
    message: error instanceof Error && error.message !== '' ? error.message : 'Something unexpected happened',
    remedy: 'Try again; if it stays, restart Benchkeep.',
    retry: false,
  };
}

function forWindow(data: ErrorData): ErrorData {
  const remedy = inWindowWords(data.remedy);
  return remedy === data.remedy ? data : { ...data, remedy };
}

/** One line: the sentence and the remedy. */
export function errorSentence(data: ErrorData): string {
  const stop = /[.!?]$/.test(data.message) ? '' : '.';
  return `${data.message}${stop} ${data.remedy}`.trim();
}

/** Whether the system watches one more folder: at its limit the watchers only stay silent. */
import { readFileSync, watch } from 'node:fs';
import { errnoOf } from './fs-error.ts';
import { rawToBytes, type RawPath } from './raw-path.ts';

/** Linux: watches per person, watchers per person, open files per process and per computer. */
const LIMITS: Readonly<Record<string, string>> = {
  ENOSPC:
    'This computer watches no more folders (limit fs.inotify.max_user_watches); files are still found by looking every minute. ' +
    'To see them at once, have the limit raised: sudo sysctl fs.inotify.max_user_watches=524288.',
  EMFILE:
    'This computer starts no more watchers (limit fs.inotify.max_user_instances, or of open files); files are still found by ' +
    'looking every minute. To see them at once, close other programs or have the limit raised: sudo sysctl fs.inotify.max_user_instances=512.',
  ENFILE:
    'Too many files are open on this computer to watch its folders; files are still found by looking every minute. ' +
    'To see them at once, close other programs.',
};

/** Events that the system keeps for a slow reader (Linux' default; inotify(7)). */
const DEFAULT_QUEUE = 16_384;

/** In plain words which limit `error` tells of, null for any other error. */
export function limitReason(error: unknown): string | null {
  return LIMITS[errnoOf(error) ?? ''] ?? null;
}

/** Tries to watch one more folder (one that is not watched yet), null where that works. Other errors count as working. */
export function probeWatchLimit(folder: RawPath): string | null {
  try {
    watch(rawToBytes(folder), { persistent: false }).close();
    return null;
  } catch (error) {
    return limitReason(error);
  }
}

/** Events that may be waiting before the system drops further ones without a word. */
export function eventQueueLength(): number {
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'latin1')) || DEFAULT_QUEUE;
  } catch {
    // Not Linux.
    return DEFAULT_QUEUE;
  }
}

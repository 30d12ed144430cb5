/** Counts a folder live, before anything is registered. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { FolderSurvey } from '../../shared/contract/index.ts';
import { rawFromText } from '../ports/fs/raw-path.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { Scanner } from './scanner.ts';

/** Yields counts on the way and returns the last. Errors: `file_not_found`, `not_a_file` for what is no folder. */
export async function* surveyFolder(
  context: Pick<InstanceContext, 'fs'> & { scanner: Scanner },
  input: { root: string },
  signal?: AbortSignal,
): AsyncGenerator<FolderSurvey, FolderSurvey> {
  const root = await context.fs.realPath(rawFromText(input.root));
  const facts = await context.fs.look(root);
  if (facts?.kind !== 'folder') {
    throw new BenchkeepError(
      'not_a_file',
      `${input.root} is not a folder`,
      'Choose the folder that your instrument writes to.',
    );
  }
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let latest: FolderSurvey | null = null;
  let wake: () => void = () => undefined;
  let ended = false;
  const finished = context.scanner
    .survey(
      root,
      (counts) => {
        latest = counts;
        wake();
      },
      either,
    )
    .finally(() => {
      ended = true;
      wake();
    });
  // Awaited below; this keeps an early failure from counting as unhandled.
  finished.catch(() => undefined);
  try {
    while (!isEnded()) {
      const counts = takeLatest();
      if (counts !== null) yield counts;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (isEnded()) resolve();
        });
    }
    return await finished;
  } finally {
    stop.abort();
  }

  function isEnded(): boolean {
    return ended;
  }
  function takeLatest(): FolderSurvey | null {
    const counts = latest;
    latest = null;
    return counts;
  }
}

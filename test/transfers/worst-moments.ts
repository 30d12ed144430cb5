/** What other programs do at the worst moment, for tests of what removes content. */
import { once } from 'node:events';
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rawToDisplay, type RawPath } from '../../src-main/ports/fs/raw-path.ts';
import type { CloudBench } from './open-cloud-bench.ts';

export type Context = CloudBench['context'];

/** Another program opens the file, and does nothing with it yet. */
export async function openIn(path: string): Promise<ChildProcess> {
  const handle = openSync(path, 'r+');
  const other = spawn('sleep', ['60'], { stdio: [handle, 'ignore', 'ignore'] });
  closeSync(handle);
  await once(other, 'spawn');
  return other;
}

export async function endOf(other: ChildProcess): Promise<void> {
  if (other.exitCode !== null || other.signalCode !== null) return;
  other.kill();
  await once(other, 'close');
}

/** The context, with something that happens when the file is read for the first time, which its proof does. */
export function whileReading(context: Context, path: string, happens: () => Promise<unknown>): Context {
  let done = false;
  return {
    ...context,
    fs: {
      ...context.fs,
      async openFile(read) {
        if (!done && rawToDisplay(read) === path) {
          done = true;
          await happens();
        }
        return context.fs.openFile(read);
      },
    },
  };
}

/** With something that happens right after the registry knows of an operation. */
export function afterCommit(context: Context, operation: string, happens: () => void): Context {
  return {
    ...context,
    onCommitted: (...words: Parameters<Context['onCommitted']>) => {
      if (words[0].operation === operation) happens();
      context.onCommitted(...words);
    },
  };
}

/** With something that happens right after `path` has its other name, which is told. */
export function whenMoved(context: Context, path: string, happens: (away: string) => void): Context {
  return {
    ...context,
    fs: {
      ...context.fs,
      async moveProven(...words) {
        await context.fs.moveProven(...words);
        const [from, to] = words;
        if (rawToDisplay(from) === path) happens(rawToDisplay(to));
      },
    },
  };
}

/** A file system in which the verb is begun, or done, of this path, and nothing comes after it: as if the program died. */
export function dyingAt(
  context: Context,
  { verb, path, when }: { verb: 'unlinkProven' | 'moveProven'; path: string; when: 'before' | 'after' },
): { context: Context; dead: Promise<void> } {
  let reached = (): void => undefined;
  const dead = new Promise<void>((resolve) => (reached = resolve));
  const die = async (...words: RawPath[]): Promise<void> => {
    const goOn: (...all: never[]) => Promise<void> = context.fs[verb];
    const isIt = words.slice(0, 2).some((word) => typeof word === 'string' && rawToDisplay(word) === path);
    if (!isIt || when === 'after') await goOn(...(words as never[]));
    if (!isIt) return;
    reached();
    await new Promise(() => undefined);
  };
  return { context: { ...context, fs: { ...context.fs, [verb]: die } }, dead };
}

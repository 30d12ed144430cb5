/** A file of the cache that somebody worked on: it may be the only place of that work, so it is kept and told (`faults.md`, F-CA04). */
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { forgetCached } from '../workstation/transfer-rows.ts';
import { forgetEdited, noteEdited } from './edited-files.ts';
import type { TransferContext } from './transfer-context.ts';

export type AsideContext = Pick<TransferContext, 'fs' | 'workstation' | 'registry' | 'clock' | 'onWatching'>;

/**
 * Moves it beside its place in the cache; its new path. It is told first: a program that dies in between tells of nothing
 * that is not there for longer than until its next start. `facts`: as it was found to be other content.
 */
export async function putAside(
  context: AsideContext,
  { uid }: { uid: string },
  path: RawPath,
  facts: FileFacts,
): Promise<RawPath> {
  const aside = await freeName(context, path);
  await noteEdited(context, uid, aside, facts);
  try {
    await context.fs.moveProven(path, aside, facts);
  } catch (error) {
    await forgetEdited(context, aside);
    throw error;
  }
  await forgetCached(context.workstation, uid);
  return aside;
}

/** For an edited file or folder of the cache: a name beside its own that nothing has. */
export async function freeName({ fs }: { fs: Pick<Fs, 'look'> }, path: RawPath): Promise<RawPath> {
  const { folder, name } = splitRaw(path);
  for (let n = 1; ; n++) {
    const aside = joinRaw(folder, `edited-${String(n)}-${name}` as RawPath);
    if ((await fs.look(aside)) === null) return aside;
  }
}

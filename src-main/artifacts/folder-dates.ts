/**
 * When each file of a folder that is freed was last written to, for when it comes back: the sha256 of its manifest, then a
 * line each in the order of that, in nanoseconds since 1970.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { readGzipLines, writeGzipLines } from '../ports/fs/gzip-lines.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { manifestFolder, manifestPath, readManifest } from '../storage/folder-manifest.ts';

type DatesContext = Pick<InstanceContext, 'folder' | 'fs'>;

function datesPath(context: Pick<DatesContext, 'folder'>, uid: string): RawPath {
  return joinRaw(manifestFolder(context), rawFromText(`${uid}.dates.gz`));
}

/** On the disk when it returns. Errors: those of the disk. */
export async function noteDates(
  context: DatesContext & Pick<InstanceContext, 'random'>,
  { uid, sha256 }: { uid: string; sha256: string },
  folder: RawPath,
): Promise<void> {
  const dates = await writeGzipLines(manifestFolder(context), context.random);
  try {
    await dates.write(`${sha256}\n`);
    for await (const { path } of readManifest(manifestPath(context, uid)))
      await dates.write(`${(await context.fs.look(joinRaw(folder, path)))?.mtimeNs ?? ''}\n`);
    await dates.end();
    await dates.finish(datesPath(context, uid));
  } finally {
    await dates.discard();
  }
}

/** As far as they are known: they are no part of the content. */
export async function giveDates(
  context: DatesContext,
  { uid, sha256 }: { uid: string; sha256: string },
  folder: RawPath,
  signal: AbortSignal,
): Promise<void> {
  const known = datesPath(context, uid);
  if ((await context.fs.look(known)) === null) return;
  const dates = readGzipLines(known);
  try {
    // Other content may have been put under its name since.
    if ((await dates.next()).value !== sha256) return;
    for await (const { path } of readManifest(manifestPath(context, uid))) {
      signal.throwIfAborted();
      const date = await dates.next();
      if (date.done === true) return;
      if (/^\d+$/.test(date.value)) await context.fs.setModified(joinRaw(folder, path), date.value);
    }
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code !== 'io_error') throw error;
  } finally {
    await dates.return(undefined);
  }
}

export function forgetDates(context: DatesContext, uid: string): Promise<void> {
  return context.fs.removeOwnFile(datesPath(context, uid));
}

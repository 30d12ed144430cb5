/** Takes a folder away again that was sent to a store and that nobody names: its manifest first, then its own members. */
import { giveWay } from '../ports/give-way.ts';
import { manifestPath, readManifest } from '../storage/folder-manifest.ts';
import type { ObjectStore } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { manifestKey, memberKey } from './folder-in-store.ts';
import { readJournal } from './folder-journal.ts';
import { keyOf, type TransferContext, type TransferTools } from './transfer-context.ts';

/** Only the very objects that were verified; other people's below its key stay. */
export async function removeSentFolder(
  context: Pick<TransferContext, 'folder' | 'fs'>,
  row: TransferRow,
  store: ObjectStore,
  signal: AbortSignal,
  { manifest = manifestPath(context, row.artifact_uid) }: Pick<TransferTools, 'manifest'> = {},
): Promise<void> {
  const turn = giveWay(signal);
  if ((await context.fs.look(manifest)) === null) return;
  await store.delete(manifestKey(row.artifact_uid), { version: row.version, signal });
  const noted = readJournal(context, row);
  try {
    for await (const { path } of readManifest(manifest)) {
      await turn();
      const note = await noted.next();
      if (note.done === true) return;
      const key = memberKey(keyOf(row), path);
      const there = await store.stat(key, { signal });
      if (there?.etag === note.value.etag && there.version === note.value.version)
        await store.delete(key, { version: there.version, signal });
    }
  } finally {
    await noted.return();
  }
}

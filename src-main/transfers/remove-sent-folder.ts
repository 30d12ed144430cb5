/** Takes a folder away again that was sent to a store and that nobody names: its manifest first, then its own members. */
import { giveWay } from '../ports/give-way.ts';
import { manifestPath, readManifest } from '../storage/folder-manifest.ts';
import type { ObjectStore } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { manifestKey, memberKey } from './folder-in-store.ts';
import { readJournal } from './folder-journal.ts';
import { missingManifest } from './prove-folder.ts';
import { keyOf, type TransferContext } from './transfer-context.ts';

/** Only the very objects that were verified; other people's below its key stay, and all of it where its manifest is another's. */
export async function removeSentFolder(
  context: Pick<TransferContext, 'folder' | 'fs'>,
  row: TransferRow,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<void> {
  const turn = giveWay(signal);
  const manifest = manifestPath(context, row.artifact_uid);
  if ((await context.fs.look(manifest)) === null) return;
  const missing = await missingManifest(store, row, signal);
  if (missing?.isGone === false) return;
  if (missing === null) await store.delete(manifestKey(row.artifact_uid), { version: row.version, signal });
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

/** One file of the inbox, found by the path that people see. */
import { BenchkeepError } from '../../shared/errors.ts';
import { rawFromBytes, rawFromText, rawToBytes, rawToDisplay } from '../ports/fs/raw-path.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import type { InboxRow } from '../workstation/schema.ts';

/** `path` below the root. Errors: `not_found`. */
export async function inboxItem({ db }: Pick<Workstation, 'db'>, storageUid: string, path: string): Promise<InboxRow> {
  const rows = db.selectFrom('inbox').selectAll().where('storage_uid', '=', storageUid);
  const row = await rows.where('path', '=', rawToBytes(rawFromText(path))).executeTakeFirst();
  if (row !== undefined) return row;
  // A name that is not UTF-8 is shown with its bytes percent-encoded.
  const shown = path.includes('%') ? await rows.execute() : [];
  const found = shown.find((other) => rawToDisplay(rawFromBytes(other.path)) === path);
  if (found !== undefined) return found;
  throw new BenchkeepError(
    'not_found',
    `${path} is not in the inbox`,
    'It may be registered by now. See: benchkeep inbox.',
  );
}

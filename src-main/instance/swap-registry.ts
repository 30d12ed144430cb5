/**
 * Puts another registry in the place of the one that is there (`faults.md`, R11): written under a new name, synced,
 * proven; then a note that this is decided; then the old files go aside together and the new one takes the name. Killed
 * before the note nothing has happened, after it the next start goes on from wherever it was.
 */
import * as z from 'zod';
import { BenchkeepError } from '../../shared/errors.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { copyOwnFile, renameOwnFolder } from '../ports/fs/own-folder.ts';
import { SQLITE_ENDINGS } from '../ports/fs/sqlite-file.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { writeHead } from './head-file.ts';
import { registryPath } from './instance-card.ts';
import type { Workbench } from './workbench.ts';

const note = z.object({
  /** Name of the folder in `aside/` that the old files go to. */
  aside: z.string().regex(/^[\w.-]+$/),
  head: z.object({ id: z.number(), hash: z.string() }),
});

/** What belongs to a registry, the file itself first: without it nobody takes the rest for anything. */
const FILES = SQLITE_ENDINGS.map((ending) => `registry.db${ending}` as RawPath);

function notePath(folder: RawPath): RawPath {
  return joinRaw(folder, rawFromText('restoring.json'));
}

const NEW = 'registry.new';

/** One for each swap: a note of an earlier one, which stays until the next start, says nothing of a later file. */
function newPath(folder: RawPath, aside: string): RawPath {
  return joinRaw(folder, rawFromText(`${NEW}-${aside}.db`));
}

/** New files that no note speaks of. */
async function removeNew(fs: Fs, folder: RawPath, keep: RawPath | null): Promise<void> {
  for (const { name } of await fs.readFolder(folder))
    if (name.startsWith(NEW) && joinRaw(folder, name) !== keep) await fs.removeOwnFile(joinRaw(folder, name));
}

export interface SwapRequest {
  /** The instance's folder; its lock is held and its registry closed. */
  folder: RawPath;
  uid: string;
  /** The registry to put there; it stays where it is. */
  from: RawPath;
  /** Ms since 1970. */
  now: number;
}

/** The folder where the old files lie. Errors: `registry_corrupt` where the new one is not good; `disk_full`. */
export async function swapRegistry(
  { fs, registryWork }: Pick<Workbench, 'fs' | 'registryWork'>,
  request: SwapRequest,
): Promise<RawPath> {
  const { folder, uid, from, now } = request;
  await finishSwap(fs, folder);
  const aside = await freeName(fs, folder, now);
  const fresh = newPath(folder, aside);
  try {
    await copyOwnFile(from, fresh);
    const { fault, head } = await registryWork.proveBackup({ path: fresh, uid });
    if (fault !== null) {
      throw new BenchkeepError(
        'registry_corrupt',
        `It can't be restored: ${fault}`,
        'Nothing was changed. Choose another backup.',
      );
    }
    await fs.writeTempFsyncRename(notePath(folder), Buffer.from(JSON.stringify({ aside, head }), 'utf8'), 0o600);
    await finishSwap(fs, folder);
    return joinRaw(asideFolder(folder), rawFromText(aside));
  } catch (error) {
    if ((await readNote(fs, folder))?.aside !== aside) await fs.removeOwnFile(fresh);
    throw error;
  }
}

/**
 * Goes on with what was decided, or clears what was not. True where the registry is another than the one that this
 * computer's database was filled from; true again with each start until `endSwap`.
 */
export async function finishSwap(fs: Fs, folder: RawPath): Promise<boolean> {
  const decided = await readNote(fs, folder);
  const fresh = decided === null ? null : newPath(folder, decided.aside);
  await removeNew(fs, folder, fresh);
  if (decided === null || fresh === null) return false;
  const { aside, head } = decided;
  if ((await fs.look(fresh)) === null) return true;
  const place = joinRaw(asideFolder(folder), rawFromText(aside));
  await fs.makeFolder(place, 0o700);
  for (const name of FILES)
    if ((await fs.look(joinRaw(folder, name))) !== null)
      await renameOwnFolder(joinRaw(folder, name), joinRaw(place, name));
  await writeHead(fs, folder, head);
  await renameOwnFolder(fresh, registryPath(folder));
  return true;
}

async function readNote(fs: Fs, folder: RawPath): Promise<z.infer<typeof note> | null> {
  if ((await fs.look(notePath(folder))) === null) return null;
  return note.parse(JSON.parse((await fs.readRange(notePath(folder), 0, 4096)).toString('utf8')));
}

/** Once this computer's database was brought to the new registry. */
export async function endSwap(fs: Fs, folder: RawPath): Promise<void> {
  await fs.removeOwnFile(notePath(folder));
}

export function asideFolder(folder: RawPath): RawPath {
  return joinRaw(folder, rawFromText('aside'));
}

async function freeName(fs: Fs, folder: RawPath, now: number): Promise<string> {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  for (let n = 1; ; n++) {
    const name = n === 1 ? time : `${time}-${String(n)}`;
    if ((await fs.look(joinRaw(asideFolder(folder), rawFromText(name)))) === null) return name;
  }
}

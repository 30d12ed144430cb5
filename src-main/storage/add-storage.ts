/** Adds a storage: managed (written, marked as ours) or linked (only read). */
import { homedir, hostname } from 'node:os';
import { BenchkeepError } from '../../shared/errors.ts';
import type { AddStorageInput, StorageRecord } from '../../shared/contract/index.ts';
import { newRecordUid } from '../../shared/uid.ts';
import { rawFromText, rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import type { StorageRow } from '../registry/schema.ts';
import { chooseLocalStorage, localStorageUid } from './local-storage-setting.ts';
import { localRoot } from './local-root.ts';
import { readMarker, removeMarker, writeMarker } from './marker.ts';
import { refuseRoot } from './refuse-root.ts';
import { rememberRoot } from './root-identity.ts';
import type { StorageContext } from './storage-context.ts';
import { storageRecords } from './storage-records.ts';

/**
 * A root that is there already is returned, watched from now on if that was asked for. Errors: `root_refused`,
 * `file_not_found`, `not_a_file` (no folder), `storage_managed_elsewhere`, `already_exists` (the same folder under
 * another path), `read_only`, `not_supported` (an address of a cloud).
 */
export async function addStorage(context: StorageContext, input: AddStorageInput): Promise<{ items: StorageRecord[] }> {
  refuseAddress(input.root);
  const managed = input.managed ?? !input.watch;
  const root = await resolveRoot(context, input.root, managed);
  refuseRoot(rawToDisplay(root), { platform: process.platform, home: rawToDisplay(context.home), userHome: homedir() });
  const known = await knownRoot(context, root);
  if (known !== null) return { items: await storageRecords(context, [await keepKnown(context, known, input)]) };
  const marker = await readMarker(context, root);
  refuseManagedElsewhere(context, root, marker?.instanceUid ?? null, managed);
  const id = await insertStorage(context, input, root, managed, marker?.instanceUid ?? null);
  return { items: await storageRecords(context, [id]) };
}

/** Addresses of clouds come with another release; a word for it now. */
export function refuseAddress(root: string): void {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(root)) return;
  throw new BenchkeepError('not_supported', `This version can't use ${root.split('?')[0] ?? ''}`, 'Choose a folder of this computer or of a network drive.');
}

async function resolveRoot(context: StorageContext, text: string, managed: boolean): Promise<RawPath> {
  const given = rawFromText(text);
  if (managed && (await context.fs.look(given)) === null) await context.fs.makeFolder(given);
  const root = await context.fs.realPath(given);
  if ((await context.fs.look(root))?.kind === 'folder') return root;
  throw new BenchkeepError('not_a_file', `${text} is not a folder`, 'Choose a folder.');
}

/** By path, or as the same folder under another path (a bind mount). */
async function knownRoot(context: StorageContext, root: RawPath): Promise<StorageRow | null> {
  const rows = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('type', '=', 'local')
    .where('workstation_uid', '=', context.workstationUid)
    .execute();
  const facts = await context.fs.look(root);
  for (const row of rows) {
    const other = localRoot(row);
    if (other === root) return row;
    const there = await context.fs.look(other).catch(() => null);
    if (there !== null && facts !== null && there.dev === facts.dev && there.ino === facts.ino) {
      throw new BenchkeepError(
        'already_exists',
        `${rawToDisplay(root)} is the same folder as the storage ${row.root}`,
        'Use that one; each file is registered once.',
      );
    }
  }
  return null;
}

async function keepKnown(context: StorageContext, known: StorageRow, input: AddStorageInput): Promise<number> {
  const patch = {
    ...(input.watch ? { watch: 1 } : {}),
    ...(input.description == null ? {} : { description: input.description }),
    ...(input.host == null ? {} : { region: input.host }),
  };
  if (Object.keys(patch).length > 0) {
    await writeRegistry(context, await context.author(), 'storage add', (write) =>
      write.update('storage', known.id, { ...patch, updated_at: write.now }),
    );
  }
  return known.id;
}

function refuseManagedElsewhere(context: StorageContext, root: RawPath, instanceUid: string | null, managed: boolean): void {
  if (!managed || instanceUid === null || instanceUid === context.instanceUid) return;
  throw new BenchkeepError(
    'storage_managed_elsewhere',
    `${rawToDisplay(root)} is looked after by another instance (${instanceUid})`,
    'Link it instead: benchkeep storage add ROOT --link',
  );
}

async function insertStorage(
  context: StorageContext,
  input: AddStorageInput,
  root: RawPath,
  managed: boolean,
  markedBy: string | null,
): Promise<number> {
  const author = await context.author();
  const marker = managed && markedBy !== null ? await readMarker(context, root) : null;
  const uid = marker?.storageUid ?? newRecordUid(context.random, 'storage');
  if (managed && marker === null) await markAsOurs(context, root, uid, author.userId);
  let id: number;
  try {
    id = await writeRegistry(context, author, 'storage add', (write) =>
      insertStorageRow(write, { context, uid, root, managed, instanceUid: managed ? context.instanceUid : markedBy, input }),
    );
  } catch (error) {
    if (managed && marker === null) await removeMarker(context, root);
    throw error;
  }
  const row = await context.registry.db.selectFrom('storage').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  await rememberRoot(context, row);
  if (managed && (await localStorageUid(context.workstation)) === null) await chooseLocalStorage(context.workstation, uid);
  return id;
}

async function markAsOurs(context: StorageContext, root: RawPath, uid: string, userId: number): Promise<void> {
  const user = await context.registry.db.selectFrom('user').select('handle').where('id', '=', userId).executeTakeFirstOrThrow();
  await writeMarker(context, root, uid, user.handle);
}

interface NewStorage {
  context: Pick<StorageContext, 'workstationUid'>;
  uid: string;
  root: RawPath;
  managed: boolean;
  instanceUid: string | null;
  input: AddStorageInput;
}

/** Id of the new row. */
export function insertStorageRow(write: RegistryWrite, { context, uid, root, managed, instanceUid, input }: NewStorage): number {
  const [id = 0] = write.insert('storage', [
    {
      uid,
      root: rawToDisplay(root),
      root_path: rawToBytes(root),
      description: input.description ?? null,
      type: 'local',
      region: input.host ?? hostname(),
      instance_uid: instanceUid,
      managed: managed ? 1 : 0,
      workstation_uid: context.workstationUid,
      watch: input.watch ? 1 : 0,
      watch_rule: null,
      transform_id: null,
      run_id: write.author.runId,
      created_by_id: write.author.userId,
      created_at: write.now,
      updated_at: write.now,
    },
  ]);
  return id;
}

/**
 * `instance.json` beside each registry: what lists and `connect` need to know of an instance without opening its
 * registry. The registry is the truth; the card is written anew whenever the instance is opened and differs.
 */
import * as z from 'zod';
import { BenchkeepError } from '../../shared/errors.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { storeOptions } from '../storage/index.ts';
import { closeRegistry, openRegistry } from '../registry/open-registry.ts';

const instanceCard = z.object({
  uid: z.string().min(1),
  name: z.string().min(1),
  /** The computer and data folder it was made on or connected from. */
  workstation_uid: z.string().length(12),
  /** Root of the default storage. */
  storage: z.string(),
  /** How it is reached, where it is a bucket. */
  storage_options: storeOptions.optional(),
  /** Where the registry is published as this computer reaches it, if not at `storage` as the registry has it. */
  published_at: z.string().optional(),
  /** How `published_at` is reached, where it is a bucket. */
  published_options: storeOptions.optional(),
  created_at: z.string(),
});
export type InstanceCard = z.infer<typeof instanceCard>;

interface CardContext {
  home: RawPath;
  fs: Fs;
}

export function instancesFolder(home: RawPath): RawPath {
  return joinRaw(home, rawFromText('instances'));
}

export function instanceFolder(home: RawPath, uid: string): RawPath {
  return joinRaw(instancesFolder(home), rawFromText(uid));
}

export function registryPath(folder: RawPath): RawPath {
  return joinRaw(folder, rawFromText('registry.db'));
}

export function workstationPath(folder: RawPath): RawPath {
  return joinRaw(folder, rawFromText('workstation.db'));
}

function cardPath(folder: RawPath): RawPath {
  return joinRaw(folder, rawFromText('instance.json'));
}

/** Null where the folder has none, or a damaged one. */
export async function readCard(fs: Fs, folder: RawPath): Promise<InstanceCard | null> {
  const path = cardPath(folder);
  if ((await fs.look(path)) === null) return null;
  const text = (await fs.readRange(path, 0, 65_536)).toString('utf8');
  try {
    return instanceCard.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // Damaged: whoever asked makes it anew from the registry.
    return null;
  }
}

export async function writeCard(fs: Fs, folder: RawPath, card: InstanceCard): Promise<void> {
  await fs.writeTempFsyncRename(cardPath(folder), Buffer.from(`${JSON.stringify(card, null, 2)}\n`, 'utf8'), 0o600);
}

/** Of every instance on this computer, by name. One that is half-made or half-removed is none. */
export async function listCards({ home, fs }: CardContext): Promise<InstanceCard[]> {
  const folder = instancesFolder(home);
  if ((await fs.look(folder)) === null) return [];
  const cards: InstanceCard[] = [];
  for (const { name, kind } of await fs.readFolder(folder)) {
    if (kind !== 'folder' || name.startsWith('.')) continue;
    const card = (await readCard(fs, joinRaw(folder, name))) ?? (await cardFromRegistry(joinRaw(folder, name)));
    if (card !== null) cards.push(card);
  }
  return cards.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Null where the registry can't be read either: such an instance is reported when it is opened. */
async function cardFromRegistry(folder: RawPath): Promise<InstanceCard | null> {
  try {
    const registry = await openRegistry(registryPath(folder), { readonly: true });
    try {
      const row = await registry.db
        .selectFrom('instance')
        .leftJoin('storage', 'storage.id', 'instance.default_storage_id')
        .select(['instance.uid', 'instance.name', 'instance.created_at', 'storage.root', 'storage.workstation_uid'])
        .executeTakeFirstOrThrow();
      return {
        uid: row.uid,
        name: row.name,
        workstation_uid: row.workstation_uid ?? '',
        storage: row.root ?? '',
        created_at: row.created_at,
      };
    } finally {
      await closeRegistry(registry);
    }
  } catch (error) {
    if (error instanceof BenchkeepError) return { ...unreadable(folder) };
    throw error;
  }
}

/** Named by its uid, so that it can be seen and its error be read by connecting to it. */
function unreadable(folder: RawPath): InstanceCard {
  const uid = rawToDisplay(folder).split('/').at(-1) ?? '';
  return { uid, name: uid, workstation_uid: '', storage: '', created_at: '' };
}

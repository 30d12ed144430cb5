/** Publishes the registry of an instance as it is now: a snapshot is made, proven, put in its place and removed here. */
import { newUid } from '../../../shared/uid.ts';
import type { RawPath } from '../../ports/fs/raw-path.ts';
import type { PublishedPlace } from '../../storage/index.ts';
import type { Head } from '../head-file.ts';
import { registryPath } from '../instance-card.ts';
import type { RegistryWork } from '../registry-work.ts';
import type { Workbench } from '../workbench.ts';
import type { Self } from './lease.ts';
import { keepReplaced } from './keep-replaced.ts';
import { removeSnapshot } from './make-snapshot.ts';
import { changeMemory, type PublishedMemory } from './published-memory.ts';
import { publishSnapshot, type Published } from './publish-snapshot.ts';
import { fetchedPath, fetchPublished, withHistory } from './read-history.ts';

export interface PublishRequest {
  /** The instance's folder and uid. */
  folder: RawPath;
  uid: string;
  place: PublishedPlace;
  self: Self;
  memory: PublishedMemory;
  signal: AbortSignal;
}

export interface PublishAnswer {
  kind: 'published' | 'current' | 'beside';
  /** Where it is now. */
  path: string;
  lastChange: number;
  size: number;
}

type Work = Pick<RegistryWork, 'makeSnapshot'>;

/** `remembered` gets what is known of the place from then on. Errors: those of `makeSnapshot` and `publishSnapshot`. */
export async function publishRegistry(
  { fs, clock, random, registryWork }: Pick<Workbench, 'fs' | 'clock' | 'random' | 'registryWork'>,
  work: Work,
  { folder, uid, place, self, memory, signal }: PublishRequest,
  remembered: (memory: PublishedMemory) => void,
): Promise<Published | null> {
  const snapshot = await work.makeSnapshot({ folder, uid, attempt: newUid(random, 12) });
  try {
    signal.throwIfAborted();
    const tools = {
      place,
      self,
      memory,
      signal,
      now: () => new Date(clock.now()).toISOString(),
      async inspect(tag: string) {
        try {
          return (await fetchPublished({ fs, registryWork, place, folder, uid, signal }, tag)).head;
        } finally {
          await fs.removeOwnFile(fetchedPath(folder));
        }
      },
      keep: (theirs: Head, tag: string) =>
        keepReplaced({ fs, clock, registryWork, place, folder, uid, signal }, theirs, tag),
      async remember(seen: Pick<NonNullable<PublishedMemory['seen']>, 'tag' | 'head' | 'at'>) {
        const patch = { seen: { root: place.root, ...seen }, put_away: null, failed: null };
        remembered(await changeMemory(fs, folder, patch));
      },
    };
    return await withHistory(registryPath(folder), (history) => publishSnapshot({ ...tools, history }, snapshot));
  } finally {
    await removeSnapshot(fs, snapshot.path);
  }
}

/** Under a name of its own, never over anything. */
export async function publishBeside(
  { fs, random }: Pick<Workbench, 'fs' | 'random'>,
  work: Work,
  { folder, uid, place, self, signal }: PublishRequest,
): Promise<PublishAnswer> {
  const made = await work.makeSnapshot({ folder, uid, attempt: newUid(random, 12) });
  try {
    const { head, size } = made;
    const name = `benchkeep-of-${self.workstationUid}-at-change-${String(head.id)}-${head.hash.slice(0, 8)}.db`;
    return { kind: 'beside', path: await place.putBeside(made, name, { signal }), lastChange: head.id, size };
  } finally {
    await removeSnapshot(fs, made.path);
  }
}

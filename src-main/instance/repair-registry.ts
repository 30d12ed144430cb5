/**
 * Repairs a registry that is damaged, foreign or gone (`faults.md`, F-DB11). From the best down: a copy of it whose
 * indexes are made anew; the newest good backup and what the change log tells beyond it; the change log from its
 * beginning; the published one; an empty one, which looking at the watched folders fills again. What was there goes aside, never away.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { copyForReading, removeUnfinishedFolder } from '../ports/fs/own-folder.ts';
import { joinRaw, rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { besideSqlite } from '../ports/fs/sqlite-file.ts';
import { newRecordUid } from '../../shared/uid.ts';
import { readMarker, readObjectMarker } from '../storage/index.ts';
import { buildInstance } from './build-instance.ts';
import { findInstance } from './find-instance.ts';
import { readHead, type Head } from './head-file.ts';
import { instanceFolder, registryPath, type InstanceCard } from './instance-card.ts';
import { listBackups } from './list-backups.ts';
import { whileOwning } from './own-instance.ts';
import { recordedRoot } from './publishing/place-of.ts';
import { readMemory } from './publishing/published-memory.ts';
import { reachPlace, whileSignedIn } from './publishing/reach-place.ts';
import { fetchPublished } from './publishing/read-history.ts';
import { rebuildRecords } from './rebuild-records.ts';
import { rebuildFromLog, remakeCopy, type Rebuilt } from './rebuild-registry.ts';
import { finishSwap, swapRegistry } from './swap-registry.ts';
import type { Workbench } from './workbench.ts';

export interface Repaired {
  /** What was done, and what is gone, in plain words. */
  message: string;
  /** Where the damaged files lie. */
  aside: string;
}

/** The instance must not be open. Errors: `newer_version`, `locked`, `disk_full`, `registry_corrupt` where nothing
 * helped, those of the place where one is published that can't be had now. */
export async function repairRegistry(outside: Workbench, input: { name: string }): Promise<Repaired> {
  const card = await findInstance(outside, input.name);
  return whileSignedIn(outside, card, (workbench) => repair(workbench, card));
}

async function repair(workbench: Workbench, card: InstanceCard): Promise<Repaired> {
  const { home, fs, clock } = workbench;
  const folder = instanceFolder(home, card.uid);
  const place = joinRaw(folder, rawFromText('.repair'));
  return whileOwning(workbench, card, folder, async () => {
    await finishSwap(fs, folder);
    await removeUnfinishedFolder(place);
    await fs.makeFolder(place, 0o700);
    try {
      const damaged = joinRaw(place, rawFromText('damaged'));
      await fs.makeFolder(damaged, 0o700);
      const path = registryPath(folder);
      await copyForReading([path, ...besideSqlite(path)], damaged);
      const rebuilt = await rebuild(workbench, { card, folder, place, damaged: registryPath(damaged) });
      const aside = await swapRegistry(workbench, { folder, uid: card.uid, from: rebuilt.path, now: clock.now() });
      return {
        message: `${rebuilt.message} The damaged files are kept in ${rawToDisplay(aside)}.`,
        aside: rawToDisplay(aside),
      };
    } finally {
      await removeUnfinishedFolder(place);
    }
  });
}

interface Job {
  card: InstanceCard;
  folder: RawPath;
  place: RawPath;
  /** A copy, which may be altered. */
  damaged: RawPath;
}

async function rebuild(workbench: Workbench, job: Job): Promise<Rebuilt> {
  const { fs, clock } = workbench;
  const { card, folder, place, damaged } = job;
  const head = await readHead(fs, folder);
  const remade = await remakeCopy({ place, damaged, uid: card.uid, head });
  if (remade !== null) return remade;
  const backups = await listBackups(fs, { folder, uid: card.uid, now: clock.now() });
  const best = backups.find(({ record }) => record.good) ?? null;
  const base = best === null ? null : { path: best.path, head: best.proof.head, id: best.id };
  const replayed = await rebuildFromLog({ place, damaged, uid: card.uid, head, base });
  return replayed ?? (await fromPublished(workbench, job, head)) ?? (await startAnew(workbench, job, head));
}

/** Null where none is published, or nothing can be made of it. Errors: those of the place: it is had another time. */
async function fromPublished(
  workbench: Workbench,
  { card, folder, place }: Job,
  head: Head | null,
): Promise<Rebuilt | null> {
  const { fs, registryWork } = workbench;
  let isThere = (await readMemory(fs, folder)).seen !== null;
  try {
    const at = (await reachPlace(workbench, card))?.place ?? null;
    const there = (await at?.lookAtSnapshot()) ?? null;
    isThere = there !== null;
    if (at === null || there === null) return null;
    const fetched = await fetchPublished({ fs, registryWork, place: at, folder: place, uid: card.uid }, there.tag);
    const lost = Math.max(0, (head?.id ?? 0) - fetched.head.id);
    const gone =
      lost === 0 ? 'No change is lost.' : `The last ${String(lost)} changes had not been published and are gone.`;
    return { path: fetched.path, message: `The registry was taken from the published copy in ${at.root}. ${gone}` };
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    if (!isThere || NO_HELP.has(error.code)) return null;
    throw new BenchkeepError(
      error.code,
      `The registry is published in ${card.published_at ?? card.storage}, and could not be fetched: ${error.message}`,
      `${error.remedy} Then repair it again; nothing was changed here, and no empty registry takes its place.`,
      { retry: error.retry },
    );
  }
}

/** The published one is damaged, too, or its place is gone or somebody else's: waiting for it helps nobody. */
const NO_HELP: ReadonlySet<string> = new Set(['registry_corrupt', 'bucket_not_found', 'storage_managed_elsewhere']);

async function startAnew(workbench: Workbench, { card, place }: Job, head: Head | null): Promise<Rebuilt> {
  const { fs, random, stores } = workbench;
  if (card.storage === '') {
    throw new BenchkeepError(
      'registry_corrupt',
      'Nothing of the registry can be read, and there is no backup',
      'It was left as it is. Put a copy of registry.db there that you may have elsewhere.',
    );
  }
  const content = recordedRoot(card.storage, card.storage_options ?? null);
  const bucket = typeof content === 'string' ? null : content;
  const root = rawFromText(card.storage);
  const marker = await (bucket === null ? readMarker(fs, root) : readObjectMarker(await stores.open(bucket)));
  const storageUid =
    marker?.instanceUid === card.uid && marker.uid !== null ? marker.uid : newRecordUid(random, 'storage');
  const fresh = joinRaw(place, rawFromText('anew'));
  await buildInstance(workbench, {
    folder: fresh,
    uid: card.uid,
    name: card.name,
    place: bucket === null ? { folder: root, host: null } : { bucket, region: bucket.options.region ?? null },
    storageUid,
  });
  const where = bucket === null ? root : await stores.open(bucket);
  const n = await rebuildRecords(workbench, { registry: registryPath(fresh), storageUid, place: where });
  const made =
    n === 0
      ? ''
      : ` The records of ${String(n)} files that Benchkeep keeps in ${card.storage} were made anew; what lay in its trash is shown again.`;
  const lost = head === null ? '' : ` All ${String(head.id)} changes of its history are gone.`;
  return {
    path: registryPath(fresh),
    message: `Nothing of the registry could be read, and there is no good backup, so it was begun anew.${lost}${made} Add your watched folders again: what lies in them is found again.`,
  };
}

/**
 * Makes an instance and connects to it. It is built in a folder that nobody takes for an instance and renamed when it
 * is whole: a crash leaves none or all of it.
 */
import type { InitInput, InstanceRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { newRecordUid } from '../../shared/uid.ts';
import { renameOwnFolder } from '../ports/fs/own-folder.ts';
import { joinRaw, rawFromText, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { parseCloudRoot, prepareRoot, readMarker, refuseUnwritable, writeMarker } from '../storage/index.ts';
import { buildInstance } from './build-instance.ts';
import { instanceFolder, listCards, type InstanceCard } from './instance-card.ts';
import { initInBucket } from './init-in-bucket.ts';
import { chooseName, DEFAULT_NAME, DEFAULT_ROOT, nameFromFolder } from './instance-name.ts';
import { instanceRecord } from './instance-record.ts';
import { unfinishedFolder, whileSettingUp } from './unfinished.ts';
import { refuseUnsafePlace } from './unsafe-place.ts';
import type { Workbench } from './workbench.ts';

/**
 * An instance that has this root already is connected to. Errors: those of `prepareRoot`, of the bucket, `checkName` and
 * `refuseUnsafePlace`; `storage_managed_elsewhere`; `not_supported` for `db`; `locked`.
 */
export async function initInstance(workbench: Workbench, input: InitInput): Promise<{ items: InstanceRecord[] }> {
  if ((input.db ?? '') !== '') {
    throw new BenchkeepError(
      'not_supported',
      'A registry in PostgreSQL comes with a later release of Benchkeep',
      'Leave --db out: the registry is then kept on this computer.',
    );
  }
  const wanted: Wanted = { storage: input.storage, name: input.name ?? null, host: input.host ?? null };
  await refuseUnsafePlace(workbench.home);
  const card = await whileSettingUp(workbench, async () => {
    const cards = await listCards(workbench);
    const bucket = parseCloudRoot(wanted.storage);
    if (bucket !== null) return initInBucket(workbench, bucket, wanted.name, cards);
    const root = await chooseRoot(workbench, wanted, cards);
    return (await existing(workbench, wanted, root, cards)) ?? make(workbench, wanted, root, cards);
  });
  await workbench.changeSettings({ instance: card.name });
  return { items: [instanceRecord(card, card.name)] };
}

interface Wanted {
  storage: string;
  /** Null: made of the folder's name. */
  name: string | null;
  host: string | null;
}

async function chooseRoot(workbench: Workbench, wanted: Wanted, cards: InstanceCard[]): Promise<RawPath> {
  const surroundings = { home: workbench.home, personHome: workbench.personHome, managed: true };
  if (wanted.storage !== DEFAULT_ROOT) return prepareRoot(workbench.fs, wanted.storage, surroundings);
  // Folders of that name that others look after are passed by.
  for (const passed = new Set<string>(); ;) {
    const name = wanted.name ?? nameFromFolder(DEFAULT_NAME, passed);
    const root = await prepareRoot(
      workbench.fs,
      rawToDisplay(joinRaw(workbench.defaultBase, rawFromText(name))),
      surroundings,
    );
    const marker = await readMarker(workbench.fs, root);
    if (marker === null || wanted.name !== null || cards.some(({ uid }) => uid === marker.instanceUid)) return root;
    passed.add(name);
  }
}

async function existing(
  workbench: Workbench,
  wanted: Wanted,
  root: RawPath,
  cards: InstanceCard[],
): Promise<InstanceCard | null> {
  const marker = await readMarker(workbench.fs, root);
  if (marker === null) return null;
  const shown = rawToDisplay(root);
  const card = cards.find(({ uid, storage }) => uid === marker.instanceUid && storage === shown);
  if (card !== undefined && (wanted.name === null || wanted.name === card.name)) return card;
  throw new BenchkeepError(
    'storage_managed_elsewhere',
    `${shown} is managed by the instance ${card?.name ?? marker.instanceSlug ?? 'of another program'}`,
    'Choose another folder. To only read this one, add it to your instance later with: benchkeep storage add ROOT --link.',
    { details: { instance_uid: marker.instanceUid } },
  );
}

async function make(workbench: Workbench, wanted: Wanted, root: RawPath, cards: InstanceCard[]): Promise<InstanceCard> {
  const { fs, home, random } = workbench;
  const name = chooseName(wanted.name, rawToDisplay(splitRaw(root).name), cards);
  await refuseUnwritable(fs, root);
  const uid = newRecordUid(random, 'instance');
  const storageUid = newRecordUid(random, 'storage');
  const folder = unfinishedFolder(home, 'new', uid);
  const card = await buildInstance(workbench, {
    folder,
    uid,
    name,
    place: { folder: root, host: wanted.host },
    storageUid,
  });
  await writeMarker(fs, root, {
    uid: storageUid,
    instanceUid: uid,
    instanceName: name,
    owner: workbench.settings().handle,
  });
  await renameOwnFolder(folder, instanceFolder(home, uid));
  return card;
}

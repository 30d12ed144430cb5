/**
 * Contents that take another's place. The new bytes lie whole under a name for the time being before the record says
 * anything of them; what is to be done then is written down on this workstation before that. So a program that dies in
 * between finishes at its next start, or takes the new bytes away where the record never changed (`faults.md`, R3).
 */
import type { InstanceContext } from '../instance/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { isOneFile } from '../ports/fs/file-facts.ts';
import { joinRaw, rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot } from '../storage/index.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { forgetSetting, listSettings, putSetting } from '../workstation/settings.ts';
import { manifestFolder, manifestPath } from '../storage/folder-manifest.ts';

export interface PendingReplacement {
  /** Of the artifact, and of the record in the trash that gets what it was. */
  uid: string;
  asideUid: string;
  storageUid: string;
  isFolder: boolean;
  /** Paths below the root: of the new bytes until they have their name, of the old ones before and after. */
  arriving: RawPath;
  from: RawPath;
  aside: RawPath;
  to: RawPath;
}

type Context = Pick<InstanceContext, 'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock' | 'folder'>;

const PREFIX = 'replacement ';

/**
 * Name of the plan, for `finishReplacement`. Null where another one under way has its uid in the trash already: by that
 * uid it is told whether a replacement came to be.
 */
export async function planReplacement({ workstation }: Context, plan: PendingReplacement): Promise<string | null> {
  const name = `${PREFIX}${plan.uid} ${plan.arriving}`;
  return writeWorkstation(workstation, async (tx) => {
    const others = await listSettings(tx, PREFIX);
    if (others.some(({ value }) => (value as PendingReplacement).asideUid === plan.asideUid)) return null;
    await putSetting(tx, name, plan);
    return name;
  });
}

/** New bytes that wait for their name, absolute: nobody may take them for leftovers. */
export async function arrivingOf(
  { workstation }: Pick<Context, 'workstation'>,
  storage: StorageRow,
): Promise<Set<RawPath>> {
  const plans = (await listSettings(workstation.db, PREFIX)).map(({ value }) => value as PendingReplacement);
  return new Set(
    plans
      .filter(({ storageUid }) => storageUid === storage.uid)
      .map(({ arriving }) => joinRaw(localRoot(storage), arriving)),
  );
}

/** Its record in the trash was made by a replacement; a version that somebody saved has another operation. */
async function cameToBe({ registry }: Context, { asideUid }: PendingReplacement): Promise<boolean> {
  const made = await registry.db
    .selectFrom('change')
    .select('operation')
    .where('uid', '=', asideUid)
    .where('registry', '=', 'artifact')
    .where('action', '=', 'insert')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return made?.operation === 'replace';
}

/** Where the manifest of the new folder lies until it has its name. */
export function arrivingManifest(context: Pick<InstanceContext, 'folder'>, { asideUid }: PendingReplacement): RawPath {
  return joinRaw(manifestFolder(context), rawFromText(`${asideUid}.new.tsv.gz`));
}

/** All of them, at the start, before names of files on their way are swept. What can't be done now waits for the next. */
export async function finishReplacements(context: Context): Promise<void> {
  for (const { name, value } of await listSettings(context.workstation.db, PREFIX)) {
    const plan = value as PendingReplacement;
    await finishReplacement(context, name, plan).catch((error: unknown) => {
      if (!(error instanceof BenchkeepError)) throw error;
    });
  }
}

/** Gives old and new bytes their names where the record was changed, else takes the new bytes away. */
export async function finishReplacement(context: Context, name: string, plan: PendingReplacement): Promise<void> {
  const storage = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('uid', '=', plan.storageUid)
    .executeTakeFirst();
  if (storage !== undefined) {
    if (!(await checkRoot(context, storage)).attached) return;
    const root = localRoot(storage);
    if (await cameToBe(context, plan)) await giveNames(context, root, plan);
    else await takeBack(context, root, plan);
  }
  await writeWorkstation(context.workstation, (tx) => forgetSetting(tx, name));
}

async function takeBack(context: Context, root: RawPath, plan: PendingReplacement): Promise<void> {
  const arriving = joinRaw(root, plan.arriving);
  if (!plan.isFolder) return context.fs.removeOwnFile(arriving);
  await context.fs.removeTemporaryFolder(arriving);
  await context.fs.removeOwnFile(arrivingManifest(context, plan));
}

/** As long as the new bytes are on their way, what lies at `from` is the old ones. */
async function giveNames(context: Context, root: RawPath, plan: PendingReplacement): Promise<void> {
  const arriving = joinRaw(root, plan.arriving);
  const to = joinRaw(root, plan.to);
  const facts = await context.fs.look(arriving);
  if (facts !== null) {
    // With both its names, what is new lies where the old bytes were: those have theirs already.
    if (!isOneFile(facts, await context.fs.look(to)))
      await move(context, joinRaw(root, plan.from), joinRaw(root, plan.aside));
    await move(context, arriving, to);
  }
  if (!plan.isFolder) return;
  const manifest = arrivingManifest(context, plan);
  if ((await context.fs.look(manifest)) === null) return;
  await move(context, manifestPath(context, plan.uid), manifestPath(context, plan.asideUid));
  await move(context, manifest, manifestPath(context, plan.uid));
}

/** Goes on where it was stopped: with both names there, or with the second only. Error: `already_exists`. */
async function move({ fs }: Context, from: RawPath, to: RawPath): Promise<void> {
  const facts = await fs.look(from);
  if (facts === null) return;
  const there = await fs.look(to);
  if (there === null) await fs.moveProven(from, to, facts);
  else if (there.kind === 'file' && isOneFile(facts, there)) await fs.removeOwnFile(from);
  else {
    throw new BenchkeepError(
      'already_exists',
      `${rawToDisplay(to)} is there already`,
      'Close Benchkeep, move that file out of the folder, and start it again: it goes on by itself.',
    );
  }
}

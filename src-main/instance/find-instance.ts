/** The instance on this computer that a name or a root means. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { parseCloudRoot } from '../storage/index.ts';
import { instanceFolder, listCards, type InstanceCard } from './instance-card.ts';
import { connectedName } from './settings-file.ts';

export interface FindContext {
  home: RawPath;
  fs: Fs;
}

/** By name, or by the root of its default storage. Errors: `not_found`. */
export async function findInstance({ home, fs }: FindContext, argument: string): Promise<InstanceCard> {
  const found = await meantBy({ home, fs }, argument);
  if (found !== null) return found;
  throw new BenchkeepError(
    'not_found',
    `There is no instance "${argument}" on this computer`,
    'See them with: benchkeep instances. Make one with: benchkeep init.',
  );
}

/** Null where there is none. */
async function meantBy({ home, fs }: FindContext, argument: string): Promise<InstanceCard | null> {
  const cards = await listCards({ home, fs });
  return (
    cards.find(({ name }) => name === argument) ??
    cards.find(({ uid }) => uid === argument) ??
    (await byRoot(fs, cards, argument))
  );
}

async function byRoot(fs: Fs, cards: InstanceCard[], argument: string): Promise<InstanceCard | null> {
  if (!argument.includes('/')) return null;
  const bucket = parseCloudRoot(argument);
  if (bucket !== null) return cards.find(({ storage }) => storage === bucket.root) ?? null;
  const root = argument.length > 1 ? argument.replace(/\/+$/, '') : argument;
  const real = await realPathOrNull(fs, root);
  return cards.find(({ storage }) => storage === root || storage === real) ?? null;
}

async function realPathOrNull(fs: Fs, path: string): Promise<string | null> {
  try {
    return rawToDisplay(await fs.realPath(rawFromText(path)));
  } catch (error) {
    // A path that leads nowhere is no instance's root.
    if (error instanceof BenchkeepError) return null;
    throw error;
  }
}

/** Folder of the named instance, or of the connected one; null where there is none. Makes and opens nothing. */
export async function connectedInstanceFolder(context: FindContext, name: string | null): Promise<RawPath | null> {
  const wanted = name ?? (await connectedName(context));
  if (wanted === null) return null;
  const card = await meantBy(context, wanted);
  return card === null ? null : instanceFolder(context.home, card.uid);
}

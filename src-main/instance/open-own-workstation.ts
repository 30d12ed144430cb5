/** Opens this computer's database of an instance; one that is damaged or foreign is set aside and made anew. */
import { BenchkeepError } from '../../shared/errors.ts';
import { renameOwnFolder } from '../ports/fs/own-folder.ts';
import { joinRaw, rawFromText, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { SQLITE_ENDINGS } from '../ports/fs/sqlite-file.ts';
import { openWorkstation, type Workstation } from '../workstation/open-workstation.ts';
import { workstationPath } from './instance-card.ts';
import type { OpenDatabasesContext } from './open-databases.ts';
import { wasLeftUnclean } from './prove-registry.ts';

interface OwnWorkstation {
  workstation: Workstation;
  /** That it was made anew, in plain words; else empty. */
  warnings: string[];
}

const SET_ASIDE: ReadonlySet<string> = new Set(['registry_foreign', 'registry_corrupt']);

/** Nothing is deleted. Errors: `newer_version`, `disk_full`, `io_error`. */
export async function openOwnWorkstation(
  context: Pick<OpenDatabasesContext, 'fs' | 'clock'>,
  folder: RawPath,
): Promise<OwnWorkstation> {
  const path = workstationPath(folder);
  try {
    return { workstation: await openSound(context, path), warnings: [] };
  } catch (error) {
    if (!(error instanceof BenchkeepError) || !SET_ASIDE.has(error.code)) throw error;
  }
  const aside = await setAside(context, path);
  return {
    workstation: await openWorkstation(path, { readonly: false }),
    warnings: [
      `What this computer knew of its files was damaged and is gathered anew; no record is affected. The old file is kept as ${rawToDisplay(aside)}.`,
    ],
  };
}

async function openSound({ fs }: Pick<OpenDatabasesContext, 'fs'>, path: RawPath): Promise<Workstation> {
  const thorough = await wasLeftUnclean(fs, path);
  const workstation = await openWorkstation(path, { readonly: false });
  try {
    if (!thorough || workstation.sqlite.pragma('quick_check(1)', { simple: true }) === 'ok') return workstation;
  } catch (error) {
    await workstation.db.destroy();
    throw workstation.guard.translate(error);
  }
  await workstation.db.destroy();
  throw new BenchkeepError('registry_corrupt', `${rawToDisplay(path)} is damaged`, 'It is made anew.');
}

/** The file and what belongs to it, together. */
async function setAside({ fs, clock }: Pick<OpenDatabasesContext, 'fs' | 'clock'>, path: RawPath): Promise<RawPath> {
  const { folder } = splitRaw(path);
  const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  for (let n = 1; ; n++) {
    const aside = joinRaw(folder, rawFromText(`workstation.damaged-${time}${n === 1 ? '' : `-${String(n)}`}.db`));
    if ((await fs.look(aside)) !== null) continue;
    for (const ending of SQLITE_ENDINGS) {
      const file = (path + ending) as RawPath;
      if ((await fs.look(file)) !== null) await renameOwnFolder(file, (aside + ending) as RawPath);
    }
    return aside;
  }
}

/** Backups, restoring and the doctor: they work also where the connected instance can't be opened. */
import type { BackupRecord, DoctorInput, DoctorResult, JobProgress } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { tellProgress } from '../artifacts/index.ts';
import {
  findInstance,
  instanceFolder,
  oneByOne,
  registryWork,
  repairRegistry,
  restoreBackup,
  runDoctor,
  type OpenInstance,
  type RegistryWork,
} from '../instance/index.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { RouterContext } from './router/index.ts';

interface Place {
  name: string;
  folder: RawPath;
  uid: string;
  work: RegistryWork;
}

/** Of the open instance, or of the one that would be opened. Errors: `no_instance`, `not_found`. */
async function placeOf(context: RouterContext): Promise<Place> {
  const { workbench } = context;
  if (context.isOpen()) {
    const { context: open, registryWork: work } = context.services();
    return { name: open.instanceName, folder: open.folder, uid: open.instanceUid, work };
  }
  const name = context.asked();
  if (name === null) {
    throw new BenchkeepError('no_instance', 'No instance is connected', 'Make one: benchkeep init --storage FOLDER');
  }
  const card = await findInstance(workbench, name);
  const work = oneByOne(registryWork(workbench.fs));
  return { name: card.uid, folder: instanceFolder(workbench.home, card.uid), uid: card.uid, work };
}

/** Newest first. */
export async function registryBackups(context: RouterContext): Promise<{ items: BackupRecord[] }> {
  const { folder, uid, work } = await placeOf(context);
  const backups = await work.listBackups({ folder, uid, now: context.workbench.clock.now() });
  return { items: backups.map(({ record }) => record) };
}

export async function backUpNow(context: RouterContext): Promise<BackupRecord> {
  const { context: open, registryWork: work } = context.services();
  if (open.readOnly !== null)
    throw new BenchkeepError('registry_read_only', 'No backup can be made here', open.readOnly);
  const now = context.workbench.clock.now();
  return work.makeBackup({ folder: open.folder, uid: open.instanceUid, kind: 'manual', now });
}

/** The engine lets the instance go for it and opens it again. */
export async function restoreRegistry(
  context: RouterContext,
  { id }: { id: string },
): Promise<{ id: string; aside: string }> {
  const { name } = await placeOf(context);
  return context.whileClosed(name, () => restoreBackup(context.workbench, { name, id }));
}

export function examine(
  context: RouterContext,
  input: DoctorInput,
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, DoctorResult> {
  return tellProgress(context.workbench.clock, signal, async ({ progress }) => {
    const place = await placeOf(context);
    let open = await openOrWhy(context, place.name);
    const repaired = input.repair ? await repairIfDamaged(context, place, open) : null;
    if (repaired !== null) open = await openOrWhy(context, place.name);
    const { checks } = await runDoctor(context.workbench, {
      ...place,
      open,
      selftest: input.selftest ?? null,
      onCheck(done, name) {
        progress.items = done;
        progress.file = name;
      },
    });
    return {
      checks: repaired === null ? checks : [{ name: 'repair', ok: true, message: repaired, remedy: null }, ...checks],
    };
  });
}

async function openOrWhy(context: RouterContext, name: string): Promise<OpenInstance | BenchkeepError> {
  try {
    await context.ensureOpen(name);
    return context.services().context;
  } catch (error) {
    if (error instanceof BenchkeepError) return error;
    throw error;
  }
}

const REPAIRABLE: ReadonlySet<string> = new Set(['registry_corrupt', 'registry_foreign']);

/** What was done, in plain words; null where there was nothing to repair, or it is nothing that repairing helps with. */
async function repairIfDamaged(
  context: RouterContext,
  { name, work }: Place,
  open: OpenInstance | BenchkeepError,
): Promise<string | null> {
  if (open instanceof BenchkeepError) {
    if (!REPAIRABLE.has(open.code)) return null;
    const { message } = await repairRegistry(context.workbench, { name });
    await context.enter(name);
    return message;
  }
  const { tables, log } = await work.examineRegistry({ registry: open.registry.path });
  if (tables.length + log.length === 0 || open.readOnly !== null) return null;
  return context.whileClosed(name, async () => (await repairRegistry(context.workbench, { name })).message);
}

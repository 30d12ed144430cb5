/** Looks at everything that an instance stands on, each with what to do where it is not in order. */
import type { DoctorCheck } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { redactAll } from '../../shared/redact.ts';
import { formatBytes } from '../../shared/format/bytes.ts';
import { wait } from '../ports/clock.ts';
import { rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { tryFileSystem } from '../ports/fs/try-file-system.ts';
import { findOrphanUploads } from '../transfers/index.ts';
import { checkHead, readHead } from './head-file.ts';
import type { OpenInstance } from './open-instance.ts';
import { checkPlaces } from './check-places.ts';
import type { RegistryWork } from './registry-work.ts';
import type { Workbench } from './workbench.ts';

export interface DoctorRequest {
  /** The instance's folder and uid. */
  folder: RawPath;
  uid: string;
  /** The open instance, or why it can't be opened. */
  open: OpenInstance | BenchkeepError;
  work: RegistryWork;
  /** A folder whose file system is tried out. */
  selftest: string | null;
  onCheck: (done: number, name: string) => void;
}

type Check = () => Promise<DoctorCheck[]>;

const MOST_NAMED = 5;
/** Ms that a store gets to answer. */
const LONGEST_ASKED = 20_000;
const GIB = 1024 ** 3;
const DAY = 24 * 3600 * 1000;

/** Errors: only those of a program that is wrong; what is not in order is an answer. */
export async function runDoctor(workbench: Workbench, request: DoctorRequest): Promise<{ checks: DoctorCheck[] }> {
  const { open, selftest } = request;
  const steps: [string, Check][] = [
    ['registry', () => registryChecks(request)],
    ['backups', () => backupChecks(workbench, request)],
    ['free space', () => spaceChecks(workbench, request)],
  ];
  if (!(open instanceof BenchkeepError))
    steps.push(['folders', () => checkPlaces(open)], ['uploads', () => uploadChecks(open)]);
  if (selftest !== null) steps.push(['file system', () => fileSystemChecks(selftest)]);
  const checks: DoctorCheck[] = [];
  for (const [index, [name, run]] of steps.entries()) {
    request.onCheck(index, name);
    checks.push(...(await run()));
  }
  // It is what people send to others.
  return { checks: redactAll(checks) as DoctorCheck[] };
}

async function registryChecks({ open, work, folder }: DoctorRequest): Promise<DoctorCheck[]> {
  if (open instanceof BenchkeepError) return [bad('registry', `${open.message}.`, remedyOf(open))];
  const examined = await work.examineRegistry({ registry: open.registry.path });
  const repair = 'Repair it with: benchkeep doctor --repair';
  const lost = await checkHead(open.registry, await readHead(open.fs, folder));
  return [
    judged('registry', examined.tables, 'Every page and every table is sound.', repair),
    judged('change log', examined.log, 'The history is complete and tells how the tables came to be.', repair),
    lost === null
      ? good('head file', 'The history ends where it was last seen.')
      : bad('head file', lost, 'Look at the watched folders again, or restore a backup: benchkeep backup list'),
    ...open.warnings.filter((text) => text !== lost).map((text) => bad('warning', text, 'See the message.')),
  ];
}

function remedyOf({ code, remedy }: BenchkeepError): string {
  const isDamaged = code === 'registry_corrupt' || code === 'registry_foreign';
  return isDamaged ? 'Repair it with: benchkeep doctor --repair. Or restore a backup: benchkeep backup list' : remedy;
}

async function backupChecks({ clock }: Workbench, { work, folder, uid }: DoctorRequest): Promise<DoctorCheck[]> {
  const now = clock.now();
  const backups = await work.listBackups({ folder, uid, now });
  const damaged = backups.filter(({ record }) => !record.good);
  const newest = backups.find(({ record, isBefore }) => record.good && isBefore)?.record;
  if (newest === undefined)
    return [bad('backups', 'There is no good backup of the registry.', 'Make one with: benchkeep backup now')];
  const age = now - Date.parse(newest.created_at);
  if (damaged.length > 0) {
    const names = damaged.map(({ id, record }) => `${id} (${record.reason ?? ''})`).join(', ');
    return [bad('backups', `Damaged: ${names}.`, 'Check the disk. Make a new one with: benchkeep backup now')];
  }
  if (age > 3 * DAY)
    return [
      bad('backups', `The newest is of ${newest.created_at.slice(0, 10)}.`, 'Make one with: benchkeep backup now'),
    ];
  return [
    good(
      'backups',
      `${String(backups.length)} good, the newest of ${newest.created_at.slice(0, 16).replace('T', ' ')} UTC.`,
    ),
  ];
}

async function spaceChecks({ fs }: Workbench, { folder }: DoctorRequest): Promise<DoctorCheck[]> {
  const free = await fs.freeSpace(folder);
  const message = `${formatBytes(free)} are free where the registry lies.`;
  return [free >= GIB ? good('free space', message) : bad('free space', message, 'Free some space on that disk.')];
}

/** None where no storage is in the cloud. */
async function uploadChecks(open: OpenInstance): Promise<DoctorCheck[]> {
  const cloud = await open.registry.db.selectFrom('storage').select('id').where('type', '!=', 'local').execute();
  if (cloud.length === 0) return [];
  const late = new AbortController();
  const over = new AbortController();
  const asking = findOrphanUploads(open, late.signal).finally(() => {
    over.abort();
  });
  asking.catch(() => undefined);
  await wait(open.clock, LONGEST_ASKED, over.signal);
  late.abort();
  const found = over.signal.aborted ? await asking : null;
  if (found === null)
    return [bad('unfinished uploads', 'The cloud did not answer in time.', 'Check the network, then try again.')];
  const { orphans, unreachable } = found;
  if (unreachable.length > 0)
    return [
      bad('unfinished uploads', `Could not be asked: ${unreachable.join(', ')}.`, 'Check the network, then sign in.'),
    ];
  if (orphans.length === 0) return [good('unfinished uploads', 'None is left behind in the cloud.')];
  const named = orphans.slice(0, MOST_NAMED).map(({ address, startedAt }) => `${address} of ${startedAt.slice(0, 10)}`);
  return [
    bad(
      'unfinished uploads',
      `${String(orphans.length)} were left behind in the cloud: ${named.join(', ')}.`,
      'Benchkeep takes them away by itself within a day while it runs.',
    ),
  ];
}

async function fileSystemChecks(folder: string): Promise<DoctorCheck[]> {
  try {
    return (await tryFileSystem(rawFromText(folder))).map((trial) => ({
      ...trial,
      name: `file system: ${trial.name}`,
    }));
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    return [bad('file system', `${rawToDisplay(rawFromText(folder))}: ${error.message}.`, error.remedy)];
  }
}

function judged(name: string, problems: readonly string[], sound: string, remedy: string): DoctorCheck {
  return problems.length === 0 ? good(name, sound) : bad(name, problems.join(' '), remedy);
}

function good(name: string, message: string): DoctorCheck {
  return { name, ok: true, message, remedy: null };
}

function bad(name: string, message: string, remedy: string): DoctorCheck {
  return { name, ok: false, message, remedy };
}

/** What the fake engine knows, and the levers by which a test moves it. */
import type {
  ArtifactRecord,
  BackupRecord,
  ChangeRecord,
  EngineEvent,
  FolderListing,
  HostCapabilities,
  InboxItem,
  InstanceInfo,
  LabelRecord,
  PlannedDeletion,
  ScrubStatus,
  SettingsRecord,
  SignInInput,
  StorageOfComputer,
  StorageRecord,
  StorageTest,
  TransactionRecord,
  TransferRecord,
  VersionRecord,
  WatchedFolder,
  WatchRule,
} from '../../../shared/contract/index.ts';
import type { Preview } from '../../../shared/contract/artifacts.ts';
import { BenchkeepError, type ErrorCode } from '../../../shared/errors.ts';
import { HOME, makeArtifact, makeLabel, makeStorage, ROOT } from './records.ts';

export interface Deed {
  record: TransactionRecord;
  back: () => void;
}

export interface World {
  instance: InstanceInfo | null;
  storages: StorageOfComputer[];
  artifacts: ArtifactRecord[];
  labels: LabelRecord[];
  inbox: InboxItem[];
  folders: WatchedFolder[];
  changes: ChangeRecord[];
  /** What was done, the oldest first, each with what takes it back. */
  done: Deed[];
  /** What the engine would find for a missing file. */
  found: Map<string, { path: string; evidence: string }[]>;
  /** Where a plan of deletion differs from "a file in a linked folder". */
  plans: Map<string, Partial<PlannedDeletion>>;
  rules: Map<string, WatchRule>;
  backups: BackupRecord[];
  scrub: ScrubStatus;
  settings: SettingsRecord;
  /** What was given, and not taken back. */
  signIns: SignInInput[];
  /** The oldest first; only `transfers.ts` moves them. */
  transfers: TransferRecord[];
  /** What the test of a root finds; without one all is well. */
  tests: Map<string, StorageTest[]>;
  older: Map<string, VersionRecord[]>;
  previews: Map<string, Preview>;
  listing: (path: string | null) => FolderListing;
  capabilities: HostCapabilities;
  /** Every call that came, as `artifacts.list`. */
  calls: string[];
  /** Next answer of a procedure is this error; `forever` until it is taken away. */
  failures: Map<string, { error: BenchkeepError; forever: boolean }>;
  /** A procedure's answers are held until the promise settles. */
  delays: Map<string, Promise<void>>;
  listeners: Set<(event: EngineEvent) => void>;
}

export function makeInfo(changes: Partial<InstanceInfo> = {}): InstanceInfo {
  return {
    uid: 'inst00000001',
    name: 'ada-lab',
    connected: true,
    storage: HOME,
    created_at: '2026-09-01T08:00:00.000Z',
    home: '/home/ada/.local/share/benchkeep',
    registry: '/home/ada/.local/share/benchkeep/ada-lab/registry.db',
    user: { uid: 'user0001', handle: 'ada', name: 'Ada Example' },
    keep_artifacts_local: false,
    local_storage: HOME,
    n_artifacts: 0,
    n_storages: 2,
    version: '0.1.0',
    read_only: null,
    warnings: [],
    ...changes,
  };
}

const FOLDERS: Record<string, string[]> = {
  '/': ['data', 'home'],
  '/data': ['instruments', 'archive'],
  '/data/instruments': ['flow', 'microscope', 'plate-reader', 'sequencer'],
  '/home': ['ada'],
  '/home/ada': ['Desktop', 'Documents'],
};

export function listFolders(path: string | null): FolderListing {
  const at = path ?? '/data';
  const names =
    FOLDERS[at] ??
    (Object.values(FOLDERS)
      .flat()
      .includes(at.split('/').at(-1) ?? '')
      ? []
      : undefined);
  if (names === undefined)
    throw new BenchkeepError('file_not_found', `There is no folder ${at}`, 'Check the spelling.');
  return {
    path: at,
    parent: at === '/' ? null : at.slice(0, at.lastIndexOf('/')) || '/',
    folders: names.map((name) => ({ name, path: at === '/' ? `/${name}` : `${at}/${name}` })),
    n_files: at === ROOT ? 287 : 3,
    places: [
      { name: 'Home', path: '/home/ada' },
      { name: 'Data', path: '/data' },
      { name: 'Computer', path: '/' },
    ],
  };
}

export function makeFolder(storage: StorageRecord, changes: Partial<WatchedFolder> = {}): WatchedFolder {
  return {
    storage: storage.uid,
    root: storage.root,
    description: storage.description,
    managed: storage.managed,
    health: 'watching',
    health_reason: null,
    checked_at: new Date(Date.now() - 8000).toISOString(),
    n_artifacts: 0,
    n_waiting: 0,
    n_failed: 0,
    n_skipped: 0,
    n_gone: 0,
    n_new: 0,
    scan: null,
    ...changes,
  };
}

function emptyWorld(): World {
  return {
    instance: null,
    storages: [],
    artifacts: [],
    labels: [],
    inbox: [],
    folders: [],
    changes: [],
    done: [],
    found: new Map(),
    plans: new Map(),
    rules: new Map(),
    backups: [],
    scrub: {
      state: 'idle',
      checked: 0,
      total: 0,
      bytes: 0,
      failed: 0,
      started_at: null,
      finished_at: null,
      next_at: null,
      newest_verified_at: null,
      oldest_verified_at: null,
      reason: null,
    },
    settings: {
      keep_artifacts_local: false,
      cache_limit: 50_000_000_000,
      upload_bandwidth: null,
      uploads_at_once: 4,
      upload_hours: null,
      scrub_days: 30,
    },
    signIns: [],
    transfers: [],
    tests: new Map(),
    older: new Map(),
    previews: new Map(),
    listing: listFolders,
    capabilities: { kind: 'browser', folder_picker: false, reveal: false, dropped_paths: false, keychain: false },
    calls: [],
    failures: new Map(),
    delays: new Map(),
    listeners: new Set(),
  };
}

/** A computer on which Benchkeep starts for the first time. */
export const freshWorld = emptyWorld;

/** A lab in use: `n` files, the newest last, two storage places, some labels. */
export function labWorld(n = 10_000): World {
  const home = makeStorage(1, { root: HOME, default: true, local: true });
  const flow = makeStorage(2, { root: ROOT, managed: false, watch: true, description: 'Instruments' });
  const labels = [
    makeLabel('Project', { is_type: true }),
    makeLabel('IFNG', { type: 'Project' }),
    makeLabel('control'),
    makeLabel('to check'),
  ];
  return {
    ...emptyWorld(),
    instance: makeInfo({ n_artifacts: n }),
    storages: [home, flow],
    labels,
    artifacts: Array.from({ length: n }, (_, index) => makeArtifact(index, flow)),
    folders: [makeFolder(flow, { n_artifacts: n, n_new: 3 })],
  };
}

export function emit(world: World, event: EngineEvent): void {
  for (const tell of world.listeners) tell(event);
}

export function changed(world: World, ...registries: string[]): void {
  emit(world, { type: 'registry', registries, uids: null, last_change: world.changes.length });
}

/** New files come in at the end of the list, so first in "newest first". */
export function arrive(world: World, ...keys: string[]): ArtifactRecord[] {
  const storage = world.storages.at(-1) ?? makeStorage(9);
  const rows = keys.map((key) => {
    const n = world.artifacts.length + 1;
    const suffix = /\.[^./]+$/.exec(key)?.[0] ?? '';
    const row = makeArtifact(n, storage, {
      uid: `new${String(n).padStart(17, '0')}`,
      key,
      suffix,
      created_at: new Date().toISOString(),
    });
    world.artifacts.push(row);
    return row;
  });
  if (world.instance !== null) world.instance.n_artifacts = world.artifacts.length;
  changed(world, 'artifact');
  return rows;
}

export function failNext(world: World, procedure: string, code: ErrorCode, message: string, remedy: string): void {
  world.failures.set(procedure, { error: new BenchkeepError(code, message, remedy), forever: false });
}

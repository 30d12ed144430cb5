/**
 * The words of the window. Code, command line and registry use LaminDB's; what a person reads in the window comes from
 * here, so that a thing has one name everywhere.
 */
import type { ArtifactState } from './contract/records.ts';
import type { TransferRecord } from './contract/transfers.ts';

/** Nouns: one and several. `item` is said of files and run folders together. */
export const WORDS = {
  artifact: { one: 'file', many: 'files' },
  folder_artifact: { one: 'run folder', many: 'run folders' },
  mixed: { one: 'item', many: 'items' },
  key: { one: 'name in the registry', many: 'names in the registry' },
  version: { one: 'version', many: 'versions' },
  storage: { one: 'storage place', many: 'storage places' },
  watched_folder: { one: 'folder we watch', many: 'folders we watch' },
  transform: { one: 'protocol, script or instrument method', many: 'protocols, scripts and instrument methods' },
  run: { one: 'run', many: 'runs' },
  ulabel: { one: 'label', many: 'labels' },
  feature: { one: 'field', many: 'fields' },
  schema: { one: 'form', many: 'forms' },
  collection: { one: 'set of files', many: 'sets of files' },
  instance: { one: 'registry', many: 'registries' },
  user: { one: 'person', many: 'people' },
  change: { one: 'change', many: 'changes' },
  transfer: { one: 'transfer', many: 'transfers' },
} as const;

export type WordName = keyof typeof WORDS;

/** What is done, as on buttons and in menus. */
export const ACTIONS = {
  upload: 'Upload to cloud',
  free: 'Free up space here',
  bring_back: 'Bring back',
  copy_here: 'Keep a copy on this computer',
  cache: 'Get a copy here',
  show_transfers: 'Show transfers',
  pause: 'Pause',
  resume: 'Go on',
  cancel_upload: 'Cancel upload',
  retry: 'Try again now',
  first: 'Do this next',
  clear_list: 'Clear list',
  test_connection: 'Test connection',
  sign_in: 'Sign in',
  sign_out: 'Sign out',
  validate: 'Check details',
  standardize: 'Fix spelling to match the list',
  trash: 'Move to Trash',
  delete_record: 'Delete record for good (file stays)',
  delete_file: 'Delete record for good and also delete the file',
  start_watching: 'Start keeping track',
  locate: 'Locate…',
  find_automatically: 'Find automatically',
  deleted_on_purpose: 'It was deleted on purpose',
  undo: 'Undo',
  redo: 'Redo',
  restore: 'Take out of Trash',
  empty_trash: 'Empty Trash…',
  really_gone: 'They are really gone',
  look_again: 'Look again',
  back_up: 'Back up now',
  publish: 'Publish now',
  delete_registry: 'Delete registry',
  delete_registry_only: 'Delete registry, leave the files',
} as const;

/** What was not Benchkeep's to delete, or was to stay. */
export function remainsText(path: string): string {
  return `a file/folder remains here: ${path}`;
}

/** `add_new_from` of one term. */
export function addTermText(term: string): string {
  return `Add "${term}" as a new term`;
}

/** Titles of fields, over columns and in the details. */
export const FIELD_TITLES = {
  uid: 'Id',
  key: 'Name in the registry',
  description: 'Description',
  suffix: 'Type',
  kind: 'Kind',
  otype: 'Content',
  size: 'Size',
  hash: 'Short checksum',
  hash_type: 'Kind of short checksum',
  sha256: 'Checksum',
  n_files: 'Files in it',
  n_observations: 'Rows',
  visibility: 'Shown',
  is_latest: 'Newest',
  version: 'Version tag',
  key_is_virtual: "In Benchkeep's own folder",
  storage: 'Storage place',
  run: 'Run',
  transform: 'Protocol, script or instrument method',
  created_by: 'Added by',
  created_at: 'Added',
  updated_at: 'Changed',
  state: 'State',
  copies: 'Where it is',
  ulabels: 'Labels',
  collections: 'Sets of files',
  same_content_as: 'Same content as',
} as const;

export const SETTING_TITLES = {
  keep_artifacts_local: 'Keep new files on this computer (upload only when I say so)',
  cache_limit: 'Space for copies on this computer',
  upload_bandwidth: 'Fastest upload',
  uploads_at_once: 'Files on their way at once',
  upload_hours: 'When uploads run',
} as const;

/** Of a storage place. */
export function storageRoleText(managed: boolean): string {
  return managed ? 'looked after by Benchkeep' : 'linked: we read it and never change it';
}

/** `version 3 (newest)`; counted from 1. */
export function versionText(number: number, isLatest: boolean): string {
  return `version ${String(number)}${isLatest ? ' (newest)' : ''}`;
}

/** Every state that a file can be shown in, also while it waits and travels. Never "uploaded": "verified". */
export const STATE_TEXTS = {
  waiting: 'Waiting – still being written',
  reading: 'Reading…',
  local: 'On this computer',
  upload_queued: 'Upload queued',
  uploading: 'Uploading',
  checking_cloud: 'Checking the cloud copy',
  download_queued: 'Download queued',
  downloading: 'Downloading',
  checking_here: 'Checking the copy here',
  here_verified: 'On this computer, verified',
  paused: 'Paused',
  stopped: 'Stopped',
  cancelled: 'Cancelled',
  cloud_verified: 'In the cloud, verified',
  cloud_only: 'Only in the cloud',
  changed: 'Changed since last version',
  missing: "Can't find this file",
  offline: 'Drive not connected',
  problem: 'Problem',
} as const;

export type ShownState = keyof typeof STATE_TEXTS;

const SHOWN_STATES: Readonly<Record<ArtifactState, ShownState>> = {
  ok: 'local',
  unverified: 'reading',
  changed: 'changed',
  missing: 'missing',
  offline: 'offline',
};

/** How an artifact's state is shown, by where its verified copies are: on this computer, in the cloud, or both. */
export function shownState(
  state: ArtifactState,
  where: { local: boolean; cloud: boolean } = { local: true, cloud: false },
): ShownState {
  if (state !== 'ok' || !where.cloud) return SHOWN_STATES[state];
  return where.local ? 'cloud_verified' : 'cloud_only';
}

const ON_THE_WAY = {
  upload: { queued: 'upload_queued', moving: 'uploading', checking: 'checking_cloud', done: 'cloud_verified' },
  download: { queued: 'download_queued', moving: 'downloading', checking: 'checking_here', done: 'here_verified' },
} as const;

/** How what is on its way is shown. What the store confirmed is verified, also while the registry is still to name it. */
export function shownTransfer(
  transfer: Pick<TransferRecord, 'direction' | 'state' | 'paused' | 'busy' | 'error' | 'left'>,
): ShownState {
  const words = ON_THE_WAY[transfer.direction];
  if (transfer.state === 'cancelled') return transfer.error === null ? 'cancelled' : 'problem';
  if (transfer.state === 'done') return words.done;
  if (transfer.paused) return 'paused';
  if (transfer.error !== null && !transfer.busy) return 'problem';
  if (transfer.left) return 'stopped';
  if (transfer.state === 'completing') return words.checking;
  if (transfer.state === 'planned') return transfer.busy ? 'reading' : words.queued;
  if (transfer.state === 'sending') return transfer.busy ? words.moving : words.queued;
  return words.done;
}

/** Why what nobody works on does not go on, and when it does. */
export const LEFT_TEXTS: Readonly<Record<TransferRecord['direction'], string>> = {
  upload: 'Its saving was broken off. It goes on when the file is saved again.',
  download: 'Nobody waits for it any more. It goes on when a copy on this computer is asked for again.',
};

/** The words of a state; `percent` (0 to 100) of an upload, `reason` (plain words) of a problem. */
export function stateText(state: ShownState, detail: { percent?: number; reason?: string } = {}): string {
  const text = STATE_TEXTS[state];
  const counts = state === 'uploading' || state === 'downloading';
  if (counts && detail.percent !== undefined) return `${text} ${String(Math.floor(detail.percent))} %`;
  if (state === 'problem' && detail.reason !== undefined) return `${text}: ${detail.reason}`;
  return text;
}

/** `drive`: what people call it. */
export function driveOfflineText(drive: string): string {
  return `The drive '${drive}' is not connected. Nothing has been deleted. We will look again when it is back.`;
}

/** Asked before records are removed whose files stay. */
export function removeRecordsText(count: number, root: string): string {
  const [items, files] = count === 1 ? ['1 item', 'The file stays'] : [`${String(count)} items`, 'The files stay'];
  return `Remove ${items} from the registry? ${files} in ${root}.`;
}

/** Said when known content is added again. */
export function sameContentText(key: string): string {
  return `You already have this file: ${key} (same content).`;
}

/** `folder`: what people call it. */
export function possibleLossText(count: number, folder: string): string {
  const files = count === 1 ? '1 file of' : `${count.toLocaleString('en-US')} files of`;
  return `${files} '${folder}' ${count === 1 ? 'is' : 'are'} gone at once. Nothing was changed.`;
}

/** When the content was last read and found right; `when` as in "3 days ago". */
export function verifiedText(when: string | null): string {
  return when === null ? 'Content not verified yet' : `Content verified ${when}`;
}

/** Before an upload: what becomes of the copies on this computer, by whose they are. */
export const COPIES_AFTER_UPLOAD = {
  in_place: 'After the cloud copy is verified, your file here is:',
  in_place_many: 'After the cloud copy is verified, your files here are:',
  kept: 'kept',
  freed: 'moved to the cache to free space',
  own: 'the copy here moves to the cache',
  linked: 'your file stays where it is',
} as const;

/** `at`: a time of the day, as in "14:30". */
export function tryAgainText(at: string): string {
  return `waiting to try again at ${at}`;
}

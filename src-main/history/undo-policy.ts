/** What can be taken back by writing rows, and why the rest can't: the rows alone must be all that was changed. */
import type { LoggedTable } from '../registry/schema.ts';
import type { ChangeRow } from './read-transactions.ts';

/** What these did is told apart from what their rows say. */
const REASONS: Readonly<Record<string, string>> = {
  init: 'It made the registry.',
  delete: 'What was deleted for good does not come back.',
  replace: 'The content itself was replaced. Make the version before the newest again (benchkeep revert).',
  revert: 'It made a new version. Move that version to the trash instead.',
  upload: 'The content is in the cloud now, and so is its record. Fetch it back where you need it (benchkeep cache).',
  'to cache': 'The content is in the cloud now. Fetch it back where you need it (benchkeep cache).',
  'upload taken back': 'It says what was found in the cloud.',
  free: 'The content is in the cloud, proven when it went. Bring it back where it was (benchkeep bring-back).',
  'not freed': 'It says what is on the disk.',
  'bring back': 'The file is there again. Free its space again (benchkeep free).',
  'not brought back': 'It says what is on the disk.',
  verify: 'It says what was found on the disk.',
  scrub: 'It says what was found on the disk.',
};

const NEW_VERSION = 'It made a new version. Move that version to the trash, or make an older one the newest again.';
const FILE_MOVED = 'A file was moved or copied as well, which the registry alone can not take back.';
const STORAGE = 'A storage place is added with a folder. Add or remove the folder itself (benchkeep storage).';
const FOUND = 'It says what was found on the disk.';
const OTHER = 'It is not one of the things that can be taken back.';

/** Operations that say where files are and whether they are there: they write rows only, and the disk says the rest. */
const OF_PLACES: ReadonlySet<string> = new Set(['move', 'missing', 'back', 'locate']);

/** Fields that a person says something with. */
const SAID: Partial<Record<LoggedTable, readonly string[]>> = {
  artifact: ['description', 'kind', 'key', 'suffix', 'version', 'visibility', 'is_latest'],
  storage: ['description', 'region', 'watch', 'watch_rule'],
  instance: ['name', 'keep_artifacts_local', 'default_storage_id'],
  user: ['handle', 'name'],
  ulabel: ['name', 'description', 'is_type', 'type_id'],
};
const WHOLE_ROWS: ReadonlySet<string> = new Set(['ulabel', 'artifact_ulabel']);
const PLACES: ReadonlySet<string> = new Set(['artifact', 'copy', 'tombstone']);

/** True for transactions whose files are looked for on the disk when they are taken back. */
export function isOfPlaces(operation: string): boolean {
  return OF_PLACES.has(operation) || operation === 'undo';
}

/** New records, of a watched folder or saved: taking them back moves them to the trash, since their files stay. */
export function isRegistration(operation: string, changes: readonly ChangeRow[]): boolean {
  return (
    !isOfPlaces(operation) && changes.some(({ registry, action }) => registry === 'artifact' && action === 'insert')
  );
}

/** A sentence, or null where all of it can be taken back. `changes` of one transaction. */
export function whyNot(operation: string, changes: readonly ChangeRow[]): string | null {
  const known = Object.hasOwn(REASONS, operation) ? REASONS[operation] : undefined;
  if (known !== undefined) return known;
  if (operation === 'undo') return null;
  if (isRegistration(operation, changes)) return changes.some(retiresLatest) ? NEW_VERSION : null;
  for (const change of changes) {
    const reason = whyNotChange(operation, change);
    if (reason !== null) return reason;
  }
  return null;
}

function whyNotChange(operation: string, { registry, action, after }: ChangeRow): string | null {
  if (OF_PLACES.has(operation) && PLACES.has(registry)) return null;
  if (action !== 'update') {
    if (WHOLE_ROWS.has(registry)) return null;
    if (registry === 'storage') return STORAGE;
    return registry === 'copy' ? FILE_MOVED : OTHER;
  }
  const said = SAID[registry as LoggedTable] ?? [];
  const field = Object.keys(JSON.parse(after ?? '{}') as object).find(
    (name) => name !== 'id' && name !== 'updated_at' && !said.includes(name),
  );
  if (field === undefined) return null;
  if (registry === 'copy') return FILE_MOVED;
  if (registry === 'storage') return STORAGE;
  return registry === 'artifact' ? FOUND : OTHER;
}

function retiresLatest({ registry, action, after }: ChangeRow): boolean {
  return registry === 'artifact' && action === 'update' && 'is_latest' in (JSON.parse(after ?? '{}') as object);
}

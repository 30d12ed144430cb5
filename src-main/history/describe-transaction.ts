/** What a transaction did, as one plain sentence: from its operation and its rows. */
import { countOf } from '../../shared/format/counts.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { Kysely } from 'kysely';
import { rawFromBytes, rawToDisplay } from '../ports/fs/raw-path.ts';
import { rowsLogged } from '../registry/change-hash.ts';
import type { RegistryDB } from '../registry/schema.ts';
import { valueOfLogged, type Fields } from './logged-rows.ts';
import { nameMove, type MovedPath } from './name-move.ts';
import type { ChangeRow, TransactionCounts, TransactionHead } from './read-transactions.ts';
import { readUndoNote, undoTitle } from './undo-note.ts';

/** `changes`: all of the transaction, or of its first records. */
export async function describeTransaction(
  db: Kysely<RegistryDB>,
  head: TransactionHead,
  changes: readonly ChangeRow[],
  counts: TransactionCounts,
): Promise<string> {
  const undone = head.operation === 'undo' ? readUndoNote(head.note) : null;
  if (undone !== null) return undoTitle(undone.title);
  const told = { operation: head.operation, changes: changes.map(tell), counts, db };
  const sentence = (await WORDS[head.operation]?.(told)) ?? (await byRows(told));
  return escapeForDisplay(sentence);
}

interface Told {
  operation: string;
  changes: readonly ToldChange[];
  counts: TransactionCounts;
  db: Kysely<RegistryDB>;
}

interface ToldChange {
  registry: string;
  action: ChangeRow['action'];
  uid: string;
  before: Fields;
  after: Fields;
}

type Sentence = (told: Told) => string | null | Promise<string | null>;

const WORDS: Readonly<Record<string, Sentence | undefined>> = {
  init: () => 'The registry was made',
  move: moved,
  locate: async (told) => moved(told) ?? `It was said where ${await files(told)} is now`,
  missing: async (told) => `${await files(told)} can't be found any more`,
  back: async (told) => `${await files(told)} ${was(told)} found again`,
  trash: async (told) => `${await files(told)} ${was(told)} moved to the trash`,
  restore: async (told) => `${await files(told)} ${was(told)} taken out of the trash`,
  delete: async (told) => `${await files(told)} ${was(told)} deleted for good`,
  replace: async (told) => `The content of ${await files(told)} was replaced`,
  revert: async (told) => `An older version of ${await files(told)} became the newest again`,
  verify: async (told) => `${await files(told)} ${was(told)} checked`,
  scrub: async (told) => `${await files(told)} ${was(told)} checked`,
  watch: registered,
  save: registered,
  upload: async (told) => `${await files(told)} ${was(told)} uploaded, and verified there`,
  'upload taken back': async (told) => `${await files(told)} ${was(told)} not in the cloud any more`,
  'to cache': async (told) => `The copy here of ${await files(told)} went to the cache`,
  free: async (told) => `Space was freed: the copy here of ${await files(told)} went, the cloud has it`,
  'not freed': async (told) => `${await files(told)} stayed on this computer after all`,
  'bring back': async (told) => `${await files(told)} ${was(told)} brought back from the cloud`,
  'not brought back': async (told) => `${await files(told)} did not come back: something else is there now`,
  edit: edited,
  'label create': async (told) => `${await labels(told, 'ulabel', 'insert')} created`,
  'label add': labelled,
  'label remove': async (told) => `${await labels(told, 'artifact_ulabel', 'delete')} taken off ${await files(told)}`,
  'storage add': (told) => {
    const [added] = rowsOf(told, 'storage', 'insert');
    return added === undefined ? null : `The storage place ${text(added.after['root'])} was added`;
  },
  'storage remove': (told) => {
    const [gone] = rowsOf(told, 'storage', 'delete');
    return gone === undefined ? null : `The storage place ${text(gone.before['root'])} was removed`;
  },
  'storage edit': async (told) => `What ${await storage(told)} is described as was changed`,
  'storage use': async (told) => {
    const [used] = rowsOf(told, 'instance', 'update');
    const id = Number(used?.after['default_storage_id'] ?? 0);
    const row = await told.db.selectFrom('storage').select('root').where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : `${row.root} became the default storage place`;
  },
  'watch rule': async (told) => `The rule of the watched folder ${await storage(told)} was changed`,
  settings: () => 'Settings of the registry were changed',
  user: () => 'Who works here was written down',
};

/** For what has no words of its own. */
async function byRows(told: Told): Promise<string> {
  const { counts, operation } = told;
  if (counts.of('run', 'insert') > 0) return 'Benchkeep began to register files of an instrument';
  if (counts.of('run', 'update') > 0) return 'Benchkeep stopped registering files of an instrument';
  if (counts.of('transform', 'insert') > 0) return 'An instrument was written down';
  if (artifactsIn(told) === counts.records) return `${await files(told)} ${was(told)} changed (${operation})`;
  return `${countOf(counts.records, 'record')} ${counts.records === 1 ? 'was' : 'were'} changed (${operation})`;
}

function moved(told: Told): string | null {
  const paths = new Map<unknown, MovedPath>();
  for (const { registry, action, before, after } of told.changes) {
    if (registry !== 'copy' || action !== 'update' || !('path' in after)) continue;
    const known = paths.get(after['id']);
    // What stood in the way of a swap stepped aside first: told is where it was and where it came to.
    paths.set(after['id'], { before: known?.before ?? shown(before['path']), after: shown(after['path']) });
  }
  if (paths.size === 0) return null;
  return nameMove([...paths.values()], told.counts.of('copy', 'update'));
}

async function registered(told: Told): Promise<string | null> {
  const added = rowsOf(told, 'artifact', 'insert');
  if (added.length === 0) {
    const isOfFiles = rowsOf(told, 'artifact', 'update').length + rowsOf(told, 'copy', 'insert').length > 0;
    return isOfFiles ? `${await files(told)} ${was(told)} recognised` : null;
  }
  const n = told.counts.of('artifact', 'insert');
  const isVersion = rowsOf(told, 'artifact', 'update').some(({ after }) => 'is_latest' in after);
  const what = n === 1 ? text(added[0]?.after['key'] ?? added[0]?.uid) : countOf(n, 'file');
  if (isVersion)
    return n === 1 ? `A new version of ${what} was registered` : `${what} were registered, with new versions`;
  return `${what} ${n === 1 ? 'was' : 'were'} registered`;
}

const FIELD_WORDS: Readonly<Record<string, string>> = {
  description: 'description',
  kind: 'kind',
  version: 'version tag',
};

async function edited(told: Told): Promise<string | null> {
  const updates = rowsOf(told, 'artifact', 'update');
  const fields = new Set(updates.flatMap(({ after }) => Object.keys(after)));
  const [first] = updates;
  if (first === undefined) return null;
  if (fields.has('key')) return `${text(first.before['key'] ?? first.uid)} is called ${text(first.after['key'])} now`;
  if (fields.has('visibility'))
    return `${await files(told)} ${was(told)} ${first.after['visibility'] === 0 ? 'hidden' : 'shown again'}`;
  const words = Object.entries(FIELD_WORDS).flatMap(([field, word]) => (fields.has(field) ? [word] : []));
  return words.length === 0
    ? null
    : `The ${words.join(' and ')} of ${await files(told)} ${words.length === 1 ? 'was' : 'were'} changed`;
}

async function labelled(told: Told): Promise<string | null> {
  const linked = told.counts.of('artifact_ulabel', 'insert') > 0;
  const made = told.counts.of('ulabel', 'insert') > 0;
  if (!linked) return made ? `${await labels(told, 'ulabel', 'insert')} created` : null;
  const added = `${await labels(told, 'artifact_ulabel', 'insert')} ${made ? 'created and added' : 'added'}`;
  return `${added} to ${await files(told)}`;
}

/** `Label pilot was`, `Labels pilot and control were`. */
async function labels(told: Told, registry: string, action: ChangeRow['action']): Promise<string> {
  const names = new Set<string>();
  for (const { before, after } of rowsOf(told, registry, action)) {
    const fields = action === 'delete' ? before : after;
    const name = fields['name'] ?? (await labelOf(told, Number(fields['ulabel_id'])));
    names.add(text(name));
  }
  const [first = '', ...others] = names;
  if (others.length === 0) return `Label ${first} was`;
  if (others.length > 2) return `${String(names.size)} labels were`;
  return `Labels ${[first, ...others.slice(0, -1)].join(', ')} and ${others.at(-1) ?? ''} were`;
}

async function labelOf({ changes, db }: Told, id: number): Promise<string> {
  const made = changes.find(({ registry, after }) => registry === 'ulabel' && after['id'] === id);
  if (made !== undefined) return text(made.after['name']);
  const row = await db.selectFrom('ulabel').select('name').where('id', '=', id).executeTakeFirst();
  return row?.name ?? `${String(id)} (removed since)`;
}

/** The name of the one file, or how many they are. */
async function files(told: Told): Promise<string> {
  const n = artifactsIn(told);
  if (n !== 1) return countOf(n, 'file');
  const change = told.changes.find(isOfArtifact);
  const uid = change?.uid ?? '';
  const row = await told.db.selectFrom('artifact').select('key').where('uid', '=', uid).executeTakeFirst();
  return row?.key ?? text(change?.before['key'] ?? change?.after['key'] ?? uid);
}

function was(told: Told): string {
  return artifactsIn(told) === 1 ? 'was' : 'were';
}

const OF_ARTIFACTS = ['artifact', 'copy', 'artifact_ulabel', 'tombstone'];

function isOfArtifact({ registry }: { registry: string }): boolean {
  return OF_ARTIFACTS.includes(registry);
}

/** The largest of the counts by table: records of one transaction are mostly touched in the same tables. */
function artifactsIn({ counts, changes }: Told): number {
  if (changes.every(isOfArtifact)) return counts.records;
  return Math.max(
    ...OF_ARTIFACTS.flatMap((registry) =>
      (['insert', 'update', 'delete'] as const).map((action) => counts.of(registry, action)),
    ),
  );
}

async function storage(told: Told): Promise<string> {
  const uid = told.changes.find(({ registry }) => registry === 'storage')?.uid ?? '';
  const row = await told.db.selectFrom('storage').select('root').where('uid', '=', uid).executeTakeFirst();
  return row?.root ?? uid;
}

function rowsOf({ changes }: Told, registry: string, action: ChangeRow['action']): ToldChange[] {
  return changes.filter((change) => change.registry === registry && change.action === action);
}

function tell({ registry, action, uid, before, after }: ChangeRow): ToldChange {
  const [row] = after === null || action !== 'insert' ? [] : rowsLogged(registry, after);
  return { registry, action, uid, before: parse(before), after: row?.fields ?? parse(after) };
}

function parse(json: string | null): Fields {
  return json === null ? {} : (JSON.parse(json) as Fields);
}

function shown(path: unknown): string {
  const bytes = valueOfLogged('path', path);
  return Buffer.isBuffer(bytes) ? rawToDisplay(rawFromBytes(bytes)) : '';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

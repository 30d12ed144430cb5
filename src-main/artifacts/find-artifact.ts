/** Which artifact a person means: by uid, stem, unique prefix or key. */
import type { Kysely } from 'kysely';
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import { searchTerms } from '../../shared/search-terms.ts';
import { isUid } from '../../shared/uid.ts';
import type { ArtifactRow, RegistryDB } from '../registry/schema.ts';
import { searchShownKeys } from '../registry/search/search-shown-keys.ts';

const STEM = /^[0-9A-Za-z]{16}$/;
const PREFIX = /^[0-9A-Za-z]{8,19}$/;
const MOST_NAMED = 5;
const CHUNK = 500;

/**
 * What is in the trash is found by its uid, not by its key. Errors: `ambiguous` (a prefix of several, a key in several
 * storages: named), `not_found` with names that come near.
 */
export async function findArtifact(db: Kysely<RegistryDB>, argument: string): Promise<ArtifactRow> {
  const text = argument.trim();
  const found =
    (isUid(text, 'artifact')
      ? await db.selectFrom('artifact').selectAll().where('uid', '=', text).executeTakeFirst()
      : undefined) ??
    (STEM.test(text) ? await latestOfStem(db, text) : undefined) ??
    (await byKey(db, argument)) ??
    (PREFIX.test(text) ? await byPrefix(db, text) : undefined);
  if (found !== undefined) return found;
  throw await notFound(db, argument);
}

/** Several arguments, each artifact once, in the order given. Whole uids, as windows send them, are looked up together. */
export async function findArtifacts(db: Kysely<RegistryDB>, args: readonly string[]): Promise<ArtifactRow[]> {
  const uids = args.map((text) => text.trim()).filter((text) => isUid(text, 'artifact'));
  const byUid = new Map<string, ArtifactRow>();
  for (let i = 0; i < uids.length; i += CHUNK) {
    const rows = await db
      .selectFrom('artifact')
      .selectAll()
      .where('uid', 'in', uids.slice(i, i + CHUNK))
      .execute();
    for (const row of rows) byUid.set(row.uid, row);
  }
  const found = new Map<number, ArtifactRow>();
  for (const argument of args) {
    const row = byUid.get(argument.trim()) ?? (await findArtifact(db, argument));
    found.set(row.id, row);
  }
  return [...found.values()];
}

async function latestOfStem(db: Kysely<RegistryDB>, stem: string): Promise<ArtifactRow | undefined> {
  return db
    .selectFrom('artifact')
    .selectAll()
    .where('uid', '>=', stem)
    .where('uid', '<', `${stem}~`)
    .orderBy('is_latest', 'desc')
    .orderBy('uid', 'desc')
    .limit(1)
    .executeTakeFirst();
}

async function byPrefix(db: Kysely<RegistryDB>, prefix: string): Promise<ArtifactRow | undefined> {
  const rows = await db
    .selectFrom('artifact')
    .selectAll()
    .where('uid', '>=', prefix)
    .where('uid', '<', `${prefix}~`)
    .orderBy('uid')
    .limit(1000)
    .execute();
  const stems = [...new Set(rows.map((row) => row.stem_uid))];
  const [stem] = stems;
  if (stem === undefined) return undefined;
  if (stems.length > 1)
    throw ambiguous(`"${prefix}" begins the uids of several artifacts`, stems, 'Give more characters of the uid.');
  if (prefix.length <= 16) return latestOfStem(db, stem);
  if (rows.length > 1) {
    throw ambiguous(
      `"${prefix}" begins the uids of several versions`,
      rows.map(({ uid }) => uid),
      'Give the whole uid.',
    );
  }
  return rows[0];
}

/** The key as given; else, as disks have names in either Unicode form, the other form of it. */
async function byKey(db: Kysely<RegistryDB>, key: string): Promise<ArtifactRow | undefined> {
  for (const form of new Set([key, key.normalize('NFC'), key.normalize('NFD')])) {
    const rows = await db
      .selectFrom('artifact')
      .innerJoin('storage', 'storage.id', 'artifact.storage_id')
      .selectAll('artifact')
      .select('storage.root as root')
      .where('artifact.visibility', 'in', [1, 0])
      .where('artifact.is_latest', '=', 1)
      .where('artifact.key', '=', form)
      .limit(100)
      .execute();
    if (rows.length > 1) {
      const named = rows.map(({ uid, root }) => `${uid} in ${root}`);
      throw ambiguous(`The key ${shown(key)} is in several storages`, named, 'Give the uid of the one that is meant.');
    }
    const [row] = rows;
    if (row !== undefined) {
      const { root: _root, ...artifact } = row;
      return artifact;
    }
  }
  return undefined;
}

function ambiguous(message: string, named: readonly string[], remedy: string): BenchkeepError {
  const more = named.length > MOST_NAMED ? ` and ${String(named.length - MOST_NAMED)} more` : '';
  return new BenchkeepError('ambiguous', `${message}: ${named.slice(0, MOST_NAMED).join(', ')}${more}`, remedy, {
    details: { candidates: named.slice(0, 100) },
  });
}

async function notFound(db: Kysely<RegistryDB>, argument: string): Promise<BenchkeepError> {
  const what = `There is no artifact ${shown(argument)}`;
  const trashed = await db
    .selectFrom('artifact')
    .select('uid')
    .where('visibility', '=', -1)
    .where('is_latest', 'in', [1, 0])
    .where('key', '=', argument)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (trashed !== undefined) {
    return new BenchkeepError('not_found', what, `One with this key is in the trash: ${trashed.uid}.`, {
      details: { near: [trashed.uid] },
    });
  }
  const near = await nearKeys(db, argument);
  const remedy =
    near.length > 0
      ? `Did you mean ${near.map(shown).join(', ')}?`
      : 'Give its uid, at least 8 characters of it, or its key; look it up with benchkeep list --search TEXT.';
  return new BenchkeepError('not_found', what, remedy, { details: { near } });
}

/** Keys that have the words of the last part of what was given, or else its first word. */
async function nearKeys(db: Kysely<RegistryDB>, argument: string): Promise<string[]> {
  const name = argument.slice(argument.lastIndexOf('/') + 1).replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ');
  const terms = searchTerms(name);
  for (const words of [terms, terms.slice(0, 1)]) {
    const keys = words.length === 0 ? [] : await searchShownKeys(db, words, 3);
    if (keys.length > 0) return keys;
  }
  return [];
}

function shown(text: string): string {
  return `"${escapeForDisplay(text.length > 200 ? `${text.slice(0, 200)}…` : text)}"`;
}

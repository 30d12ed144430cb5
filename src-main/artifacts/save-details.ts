/** What a person says of what is saved, and how it gets into the registry. */
import type { ArtifactKind, SaveInput } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { checkKey } from '../../shared/keys.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import { findLabel, linkLabels } from '../annotation/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawToDisplay, splitRaw } from '../ports/fs/raw-path.ts';
import type { Author, RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { descriptionOf } from './edit-artifact.ts';
import { findArtifact } from './find-artifact.ts';
import type { Source } from './save-sources.ts';

export interface SaveDetails {
  key: string | null;
  /** Without a key, what lies outside every storage has the name of its file. */
  isNamedAfterFile?: boolean;
  description: string | null;
  kind: ArtifactKind | null;
  /** A person's version tag. */
  version: string | null;
  /** The next version of its family is saved. */
  revises: ArtifactRow | null;
  author: Author;
  labelIds: number[];
  /** A new artifact even if the content is known. */
  isNew: boolean;
  /** Into the cloud, whatever the switch says. */
  upload?: boolean;
  /** What the change is called, where it is not `save`. */
  operation?: 'revert';
}

export interface SaveTools {
  signal: AbortSignal;
  onBytes: (bytes: number) => void;
  /** What a person should know though it went well. */
  warn: (warning: string) => void;
}

/** Errors: `invalid_argument`, `not_found` (label, run, artifact), `ambiguous`. Nothing is written. */
export async function gatherDetails(context: InstanceContext, input: SaveInput): Promise<SaveDetails> {
  const { db } = context.registry;
  const key = input.key ?? null;
  const revises = input.revises ?? null;
  if (input.paths.length > 1 && (key !== null || revises !== null)) {
    const what = key === null ? 'be the next version of one artifact' : 'have one key';
    throw new BenchkeepError('invalid_argument', `Several files can't ${what}`, 'Save them one by one.');
  }
  if (key !== null) checkKey(key);
  const labelIds = new Set<number>();
  for (const name of input.labels) labelIds.add((await findLabel(db, name)).id);
  const author = await context.author();
  return {
    key,
    isNamedAfterFile: input.key_of_file === true && revises === null,
    description: descriptionOf(input.description ?? null),
    kind: input.kind ?? null,
    version: input.version_tag?.trim() === '' ? null : (input.version_tag?.trim() ?? null),
    revises: revises === null ? null : await findArtifact(db, revises),
    author: typeof input.run === 'string' ? { ...author, runId: await runOf(context, input.run) } : author,
    labelIds: [...labelIds],
    isNew: input.new,
    upload: input.upload ?? false,
  };
}

async function runOf({ registry }: InstanceContext, uid: string): Promise<number> {
  const run = await registry.db.selectFrom('run').select('id').where('uid', '=', uid).executeTakeFirst();
  if (run !== undefined) return run.id;
  throw new BenchkeepError('not_found', 'There is no run of this uid', 'Give the uid of a run, or leave it out.');
}

/** The given key, or that of the file, checked against what it names; null for none. Errors: `invalid_key`. */
export function keyFor({ path, facts, place }: Source, { key, isNamedAfterFile = false }: SaveDetails): string | null {
  const name = rawToDisplay(splitRaw(path).name);
  if (key === null) return isNamedAfterFile && place === null ? checkKey(name) : null;
  // Dots in the name of a folder are no ending, except for formats that are folders.
  const plain = facts.kind === 'folder' && suffixOf(name).suffix === '';
  return checkKey(key, plain ? 'folder' : name);
}

/** For an artifact that is there: labels are added, the rest is changed where it was given. */
export async function describeSaved(write: RegistryWrite, id: number, details: SaveDetails): Promise<void> {
  const row = await write.tx.selectFrom('artifact').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const { description, kind, version } = details;
  const patch = {
    ...(description === null || description === row.description ? {} : { description }),
    ...(kind === null || kind === row.kind ? {} : { kind }),
    ...(version === null || version === row.version ? {} : { version }),
    // Named by a person, it is wanted again.
    ...(row.visibility === -1 ? { visibility: 1 } : {}),
  };
  if (Object.keys(patch).length > 0) await write.update('artifact', id, { ...patch, updated_at: write.now });
  await linkLabels(write, [row], details.labelIds);
}

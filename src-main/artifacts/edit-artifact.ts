/** Changes what a person says about an artifact: its name in the registry, description, kind, version tag, whether it is shown. */
import type { ArtifactKind, ArtifactRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import { checkKey } from '../../shared/keys.ts';
import type { InstanceContext } from '../instance/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactTable } from '../registry/schema.ts';
import { artifactRecords } from './artifact-records.ts';
import { findArtifact } from './find-artifact.ts';
import { readContext } from './read-context.ts';

type Context = Pick<
  InstanceContext,
  'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock' | 'author' | 'onCommitted'
>;

export interface EditArtifactInput {
  artifact: string;
  description?: string | null | undefined;
  kind?: ArtifactKind | null | undefined;
  key?: string | null | undefined;
  version?: string | null | undefined;
  visibility?: 0 | 1 | null | undefined;
}

const FIELDS = ['description', 'kind', 'key', 'version', 'visibility'] as const;

/** What is left out (undefined) stays; null clears it. An empty description is none. */
export async function editArtifact(context: Context, input: EditArtifactInput): Promise<{ items: ArtifactRecord[] }> {
  const patch: Partial<Pick<ArtifactTable, (typeof FIELDS)[number]>> = {};
  if (input.description !== undefined) patch.description = descriptionOf(input.description);
  if (input.kind !== undefined) patch.kind = input.kind;
  if (input.version !== undefined)
    patch.version = input.version?.trim() === '' ? null : (input.version?.trim() ?? null);
  if (typeof input.visibility === 'number') patch.visibility = input.visibility;
  const { id, key, visibility } = await findArtifact(context.registry.db, input.artifact);
  if (visibility === -1 && patch.visibility !== undefined) {
    throw new BenchkeepError(
      'refused',
      `"${escapeForDisplay(key ?? input.artifact)}" is in the trash`,
      'Take it out of there first: benchkeep restore.',
    );
  }
  if (typeof input.key === 'string') patch.key = checkKey(input.key, key?.slice(key.lastIndexOf('/') + 1));
  await writeRegistry(context, await context.author(), 'edit', async (write) => {
    const before = await write.tx.selectFrom('artifact').select(FIELDS).where('id', '=', id).executeTakeFirst();
    const same = Object.entries(patch).every(([field, value]) => before?.[field as keyof typeof patch] === value);
    if (!same) await write.update('artifact', id, { ...patch, updated_at: write.now });
  });
  return { items: await artifactRecords(readContext(context), [id]) };
}

/** At most 10,000 characters (the contract's bound holds for callers inside as well). */
export function descriptionOf(text: string | null): string | null {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return null;
  if (trimmed.length > 10_000)
    throw new BenchkeepError(
      'invalid_argument',
      'The description is longer than 10,000 characters',
      'Shorten it, or keep the text in a file beside the data.',
    );
  // eslint-disable-next-line no-control-regex
  return trimmed.replace(/[\u0000\p{Surrogate}]/gu, '\ufffd');
}

/** What a person says of what is saved, and how it gets into the registry. */
import type { ArtifactKind } from '../../shared/contract/index.ts';
import { linkLabels } from '../annotation/index.ts';
import type { Author, RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import type { InstanceContext } from '../instance/index.ts';

export interface SaveDetails {
  key: string | null;
  description: string | null;
  kind: ArtifactKind | null;
  /** A person's version tag. */
  version: string | null;
  /** The next version of its family is saved. */
  revises: ArtifactRow | null;
  runId: number | null;
  labelIds: number[];
  /** A new artifact even if the content is known. */
  isNew: boolean;
}

export interface SaveTools {
  signal?: AbortSignal;
  onBytes: (bytes: number) => void;
  /** What a person should know though it went well. */
  warn: (warning: string) => void;
}

export interface Saved {
  id: number;
  uid: string;
}

export async function saveAuthor(context: Pick<InstanceContext, 'author'>, details: SaveDetails): Promise<Author> {
  return { ...(await context.author()), runId: details.runId };
}

/** For an artifact that was there already: labels are added, the rest only where it was given. */
export async function describeKnown(write: RegistryWrite, artifact: Saved, details: SaveDetails): Promise<void> {
  const patch = {
    ...(details.description === null ? {} : { description: details.description }),
    ...(details.kind === null ? {} : { kind: details.kind }),
    ...(details.version === null ? {} : { version: details.version }),
  };
  if (Object.keys(patch).length > 0) {
    const changed = await write.update('artifact', artifact.id, patch);
    if (changed) await write.update('artifact', artifact.id, { updated_at: write.now });
  }
  await linkLabels(write, [artifact], details.labelIds);
}

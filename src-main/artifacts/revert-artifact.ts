/** The content of an old version becomes the newest again: as a version of its own, so that nothing in between is lost. */
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import { artifactRecords } from './artifact-records.ts';
import { findArtifact } from './find-artifact.ts';
import { locateContent } from './locate-content.ts';
import { proveContent } from './prove-content.ts';
import { readContext } from './read-context.ts';
import { saveFileCopy } from './save-file-copy.ts';
import { saveFolder } from './save-folder.ts';

/**
 * Its content is copied to where new files are kept. Errors: `refused` (it is the newest), those of `locate-content`
 * (`file_not_found` where its bytes were written over), `file_changed` (other bytes than those of the version), and of saving.
 */
export async function revertArtifact(
  context: InstanceContext,
  input: { artifact: string },
): Promise<{ items: ArtifactRecord[] }> {
  const old = await findArtifact(context.registry.db, input.artifact);
  if (old.is_latest === 1) {
    throw new BenchkeepError(
      'refused',
      `"${escapeForDisplay(old.key ?? old.uid)}" is the newest version already`,
      'Name an older one by its uid: benchkeep versions.',
    );
  }
  const { path, facts } = await locateContent(readContext(context), old);
  await proveContent(context, old, path, facts);
  const source = { path, facts, shown: rawToDisplay(path), place: null };
  const details = {
    key: old.key,
    description: old.description,
    kind: old.kind,
    version: null,
    revises: old,
    author: await context.author(),
    labelIds: [],
    isNew: true,
    operation: 'revert' as const,
  };
  const nothing = (): void => undefined;
  const tools = { signal: new AbortController().signal, onBytes: nothing, warn: nothing };
  const save = old.n_files === null ? saveFileCopy : saveFolder;
  const id = await save(context, source, details, tools);
  return { items: await artifactRecords(readContext(context), [id]) };
}

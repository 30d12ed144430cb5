/** Reads every file of a folder artifact, hidden ones too. */
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ManifestEntry } from './folder-manifest.ts';

export interface ReadEntry extends ManifestEntry {
  facts: FileFacts;
}

/** Files of one reading: enough to keep the threads busy. */
const BATCH = 500;

/**
 * Links, pipes and devices are left out and told by `onSkipped`. Errors: `file_changed` where something is written to
 * it meanwhile, `file_unreadable`, `cancelled`.
 */
export async function readFolder(
  context: Pick<InstanceContext, 'fs' | 'hasher'>,
  folder: RawPath,
  tools: { signal?: AbortSignal; onBytes: (bytes: number) => void; onSkipped: (path: RawPath) => void },
): Promise<ReadEntry[]> {
  const paths = await filesBelow(context, folder, tools.onSkipped);
  const entries: ReadEntry[] = [];
  for (let i = 0; i < paths.length; i += BATCH) {
    const batch = paths.slice(i, i + BATCH);
    const outcomes = await context.hasher.hashFiles(
      batch.map((path) => joinRaw(folder, path)),
      { onBytes: tools.onBytes, ...(tools.signal === undefined ? {} : { signal: tools.signal }) },
    );
    for (const [index, outcome] of outcomes.entries()) {
      const path = batch[index] ?? ('' as RawPath);
      if (outcome.kind === 'failed') throw reviveError(outcome.error);
      if (outcome.kind !== 'hashed') {
        throw new BenchkeepError(
          'file_changed',
          `${rawToDisplay(path)} was changed while the folder was read`,
          'Wait until the program that writes it is done, then save it again.',
          { retry: true },
        );
      }
      entries.push({
        path,
        size: outcome.facts.size,
        sha256: outcome.sha256,
        hash: outcome.hash,
        facts: outcome.facts,
      });
    }
  }
  return entries;
}

async function filesBelow(
  { fs }: Pick<InstanceContext, 'fs'>,
  folder: RawPath,
  onSkipped: (path: RawPath) => void,
): Promise<RawPath[]> {
  const files: RawPath[] = [];
  const open: RawPath[] = ['' as RawPath];
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    for (const { name, kind } of await fs.readFolder(joinRaw(folder, below))) {
      const path = joinRaw(below, name);
      if (kind === 'folder') {
        if (path !== '.lamindb') open.push(path);
      } else if (kind === 'file') files.push(path);
      else onSkipped(path);
    }
  }
  return files;
}

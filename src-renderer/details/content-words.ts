/** What a file or run folder holds, and when that was last read and found right. */
import { formatBytes } from '../../shared/format/bytes.ts';
import { countOf } from '../../shared/format/counts.ts';
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import { WORDS } from '../../shared/vocabulary.ts';

/** `1.2 GB`; of a folder `run folder with 412 files, 1.2 GB`. */
export function contentText({ n_files, size }: Pick<ArtifactRecord, 'n_files' | 'size'>): string {
  if (n_files === null) return formatBytes(size);
  return `${WORDS.folder_artifact.one} with ${countOf(n_files, 'file')}, ${formatBytes(size)}`;
}

/** Of its copies the latest; null where none was read again since it is known. */
export function verifiedAt({ copies }: Pick<ArtifactRecord, 'copies'>): string | null {
  const times = copies.flatMap(({ verified_at }) => verified_at ?? []);
  return times.reduce<string | null>((latest, at) => (latest === null || at > latest ? at : latest), null);
}

/** How the engine begins its reason where the disk, and nobody, changed the bytes. */
const DAMAGED = /^damaged\b/i;

/** `reason` of an item of the inbox. */
export function isDamaged(reason: string): boolean {
  return DAMAGED.test(reason);
}

/** What a transfer gets of an open instance. */
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { ContentSource } from '../storage/index.ts';
import { rawFromBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { TransferRow } from '../workstation/schema.ts';

export type TransferContext = Pick<
  InstanceContext,
  | 'folder'
  | 'registry'
  | 'workstation'
  | 'workstationUid'
  | 'fs'
  | 'hasher'
  | 'stores'
  | 'clock'
  | 'random'
  | 'onCommitted'
  | 'author'
  | 'busyTransfers'
  | 'partBuffers'
  | 'familiesAtWork'
  | 'instanceUid'
  | 'contentsAtWork'
  | 'downloads'
  | 'evictions'
  | 'downloadRoom'
  | 'onWatching'
  | 'onTransfers'
>;

export interface TransferTools {
  signal: AbortSignal;
  /** Bytes that the store has got by now, of this transfer. */
  onSent?: (bytes: number) => void;
  /** Of content that has no record yet: what its record will say, which is kept with the object. */
  about?: { key: string | null; hash: string | null; hashType: string | null };
  /** Where the registry has its file by now; null where it does not know of one. */
  locate?: () => Promise<Pick<UploadSource, 'path' | 'facts'> | null>;
  /** Of a folder that has no record yet: where its manifest is. */
  manifest?: RawPath;
}

/** The local file of an upload, as it was when the upload was planned. */
export type UploadSource = ContentSource;

export function sourceOf(row: Pick<TransferRow, 'source' | 'facts' | 'sha256'>): UploadSource {
  return { path: rawFromBytes(row.source), facts: JSON.parse(row.facts) as FileFacts, sha256: row.sha256 };
}

/** Key below the root of the store: what this program makes is plain ASCII. */
export function keyOf(row: Pick<TransferRow, 'path'>): string {
  return row.path.toString('utf8');
}

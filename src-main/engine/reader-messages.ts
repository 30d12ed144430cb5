/** What the engine and its reader say to each other. */
import type { ErrorData } from '../../shared/errors.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ReadName } from './reads.ts';

export interface ReaderThreadData {
  registry: RawPath;
  workstation: RawPath;
  workstationUid: string;
}

export type ToReader = { type: 'read'; id: number; name: ReadName; input: unknown } | { type: 'close' };

export type FromReader =
  | { type: 'ready' }
  | { type: 'failed'; error: ErrorData }
  | { type: 'value'; id: number; value: unknown }
  | { type: 'error'; id: number; error: ErrorData };

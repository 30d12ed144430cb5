/** What the thread that sends small files is told, and answers: in lists, for a message costs more than what it says. */
import type { PutFile, ContentSource } from '../storage/objects/object-store.ts';
import type { KnownWay } from '../storage/objects/s3-short-request.ts';
import type { Connecting, FileToPut } from '../storage/objects/small-file-sender.ts';

/** `place`: of one client. `file` and `put` are numbers that are used once. */
export type ToSender =
  | { say: 'connect'; place: number; how: Connecting }
  /** From now on. */
  | { say: 'way'; place: number; way: KnownWay }
  | { say: 'disconnect'; place: number }
  | { say: 'read'; file: number; source: ContentSource }
  | { say: 'put'; put: number; file: number; place: number; wanted: FileToPut }
  | { say: 'stop'; put: number }
  | { say: 'let go'; file: number }
  | { say: 'are you there' };

/** One for each `read`, `put` and `are you there`; null where it did not go as it should. */
export type FromSender =
  | { say: 'here' }
  | { say: 'read'; file: number; crc32: string | null }
  | { say: 'put'; put: number; made: PutFile | null };

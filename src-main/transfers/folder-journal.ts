/**
 * Which members of a folder are verified in the store, as a text beside the manifests that only grows: a line each, in the
 * order of the manifest, so that after a crash those are not asked again. A line says what the object was (`etag`,
 * `version`) and how the local file looked when it was read. What a power cut takes of it is looked up in the store.
 */
import { createHash } from 'node:crypto';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { giveWay } from '../ports/give-way.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { PART_ENDING } from '../ports/fs/part-verbs.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { manifestFolder } from '../storage/folder-manifest.ts';
import type { TransferRow } from '../workstation/schema.ts';
import type { TransferContext } from './transfer-context.ts';

export interface SentMember {
  etag: string;
  version: string | null;
  /** `lookOf` the local file. */
  look: string;
}

export interface FolderJournal {
  /** Members that it has: the first so many of the manifest. */
  count: number;
  /** True where others may be in the store, too, because an earlier journal of it was not right any more. */
  askAll: boolean;
  /** It was there before: what came after its last line may be in the store. */
  isResumed: boolean;
  /** The next ones, in their order. */
  add(members: readonly SentMember[]): Promise<void>;
  /** What was added is on the disk when this returns. */
  sync(): Promise<void>;
}

type JournalContext = Pick<TransferContext, 'folder' | 'fs'>;

/** A folder that is in a store, or on its way there: of a transfer, or of what is freed (`id` is a word then). */
export type SentFolder = Pick<TransferRow, 'artifact_uid' | 'sha256' | 'path' | 'checksum' | 'version'> & {
  id: number | string;
};

/** Whose journal it is. */
type Of = Pick<SentFolder, 'id' | 'artifact_uid' | 'sha256'>;

/** Bytes that are read at once. */
const CHUNK = 1024 ** 2;
const LINE = /^(?<n>\d+)\t(?<look>[0-9a-f]{24})\t(?<etag>[^\t]*)\t(?<version>[^\t]*)$/;

/** A digest of what a local file looks like; on whichever device, whose number may be another one by now. */
export function lookOf({ kind, size, mtimeNs, ctimeNs, ino }: FileFacts): string {
  const text = JSON.stringify([kind, size, mtimeNs, ctimeNs, ino]);
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

/** Of one transfer: what another one left is nobody's. */
export function journalPath(context: { folder: RawPath }, { id, artifact_uid: uid }: Of): RawPath {
  return joinRaw(manifestFolder(context), rawFromText(`${TEMPORARY_PREFIX}${String(id)}-${uid}${PART_ENDING}`));
}

/** The name is that of a journal whose `id` begins so. */
export function isJournalOf(name: RawPath, id: string): boolean {
  return name.startsWith(`${TEMPORARY_PREFIX}${id}`) && name.endsWith(PART_ENDING);
}

/** That of this content, or a new one. */
export async function openJournal(context: JournalContext, row: Of): Promise<FolderJournal> {
  const begun = await readHead(context, row);
  if (begun === null) return beginJournal(context, row, { askAll: false });
  let count = 0;
  let { end } = begun;
  const turn = giveWay();
  for await (const member of readJournal(context, row)) {
    await turn();
    count += 1;
    end = member.end;
  }
  return journalFrom(context, row, { count, end, askAll: begun.askAll, isResumed: true });
}

function journalFrom(
  context: JournalContext,
  row: Of,
  from: { count: number; end: number; askAll: boolean; isResumed: boolean },
): FolderJournal {
  const path = journalPath(context, row);
  const { fs } = context;
  let { count, end } = from;
  return {
    get count() {
      return count;
    },
    askAll: from.askAll,
    isResumed: from.isResumed,
    async add(members) {
      const text = members.map(({ look, etag, version }, i) => line(count + i, look, etag, version)).join('');
      const bytes = Buffer.from(text, 'utf8');
      await fs.writePart(path, end, bytes);
      count += members.length;
      end += bytes.length;
    },
    sync: () => fs.syncPart(path),
  };
}

/** An empty one. `askAll`: what is in the store already counts, if it is right. */
export async function beginJournal(
  context: JournalContext,
  row: Of,
  { askAll }: { askAll: boolean },
): Promise<FolderJournal> {
  await dropJournal(context, row);
  const head = Buffer.from(`${row.sha256}\t${askAll ? 'ask' : 'new'}\n`, 'utf8');
  await context.fs.writePart(journalPath(context, row), 0, head);
  return journalFrom(context, row, { count: 0, end: head.length, askAll, isResumed: false });
}

/** False where it ended: nothing is known then of what was verified. */
export async function hasJournal(context: JournalContext, row: Of): Promise<boolean> {
  return (await readHead(context, row)) !== null;
}

export async function dropJournal(context: JournalContext, row: Of): Promise<void> {
  await context.fs.removeOwnFile(journalPath(context, row));
}

/** Nothing where there is none of this content. `end`: bytes up to the next line. */
export async function* readJournal(
  context: JournalContext,
  row: Of,
): AsyncGenerator<SentMember & { end: number }, void> {
  if ((await readHead(context, row)) === null) return;
  let n = -1;
  for await (const { text, end } of lines(context, journalPath(context, row))) {
    n += 1;
    if (n === 0) continue;
    const { n: at, look = '', etag = '', version = '' } = LINE.exec(text)?.groups ?? {};
    // What a power cut left.
    if (Number(at) !== n - 1) return;
    yield { look, etag, version: version === '' ? null : version, end };
  }
}

async function readHead(context: JournalContext, row: Of): Promise<{ askAll: boolean; end: number } | null> {
  const path = journalPath(context, row);
  if ((await context.fs.look(path)) === null) return null;
  const bytes = await context.fs.readRange(path, 0, row.sha256.length + 5);
  const [sha256, ask] = bytes.toString('utf8').split(/[\t\n]/);
  return sha256 === row.sha256 && (ask === 'ask' || ask === 'new')
    ? { askAll: ask === 'ask', end: bytes.length }
    : null;
}

/** Only those that are ended. */
async function* lines({ fs }: JournalContext, path: RawPath): AsyncGenerator<{ text: string; end: number }> {
  let rest = Buffer.alloc(0);
  let end = 0;
  for (let offset = 0; ;) {
    const bytes = await fs.readRange(path, offset, CHUNK);
    if (bytes.length === 0) return;
    offset += bytes.length;
    const all = Buffer.concat([rest, bytes]);
    let from = 0;
    for (let at = all.indexOf(10); at >= 0; at = all.indexOf(10, from)) {
      end += at + 1 - from;
      yield { text: all.toString('utf8', from, at), end };
      from = at + 1;
    }
    rest = all.subarray(from);
  }
}

function line(n: number, look: string, etag: string, version: string | null): string {
  return `${String(n)}\t${look}\t${etag}\t${version ?? ''}\n`;
}

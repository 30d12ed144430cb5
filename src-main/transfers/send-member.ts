/** Brings one file of a folder to the store, or finds it there; proven by what the store itself says when it returns. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { MadeObject, ObjectFacts, ObjectStore } from '../storage/index.ts';
import { beginUpload } from './begin-upload.ts';
import { isContent } from './judge-object.ts';
import { forgotten, isMade, isToBeSentAgain, otherThere, removeWrong, TRIES } from './judge-sent.ts';
import { readChecksums } from './read-parts.ts';
import { isSmall, putSmall, sendContent, type SendContext, type SentContent } from './send-content.ts';
import type { TransferTools, UploadSource } from './transfer-context.ts';

export interface MemberRequest {
  store: ObjectStore;
  key: string;
  /** The address, for people. */
  shown: string;
  source: UploadSource;
  /** It may be there already: that is asked before anything is sent. */
  ask: boolean;
  metadata?: Record<string, string>;
}

/**
 * What the store has. Errors: `already_exists` (something else is there: nothing was replaced), `wrong_content` (the
 * store kept other bytes; they were removed again), `file_changed`, `file_not_found`, those of the store and of reading.
 */
export async function sendMember(
  context: SendContext,
  request: MemberRequest,
  tools: TransferTools,
): Promise<ObjectFacts> {
  const { store, key, source } = request;
  const { signal } = tools;
  if (request.ask) {
    const there = await store.stat(key, { signal });
    if (there !== null) {
      const md5 = store.proves === 'md5' || there.checksums.crc32 === undefined;
      const checksums = await readChecksums(context.fs, source, { md5, signal });
      const { size } = source.facts;
      if (await isContent(store, there, { size, sha256: source.sha256, checksums }, signal)) return there;
      throw otherThere(request.shown);
    }
  }
  for (let tries = 0; tries < TRIES; tries++) {
    const { failure, made, checksums } = await send(context, request, tools);
    const there = await store.stat(key, { signal });
    if (there !== null && checksums !== null) return judge(request, there, checksums, made, signal);
    // It was made by a try that is not this one's: it is compared as what is found there.
    if (there !== null) return sendMember(context, { ...request, ask: true }, tools);
    if (failure !== null && !isToBeSentAgain(failure)) throw failure;
  }
  throw forgotten(request.shown);
}

interface Sent {
  failure: BenchkeepError | null;
  made: MadeObject | null;
  checksums: SentContent['checksums'] | null;
}

async function send(context: SendContext, request: MemberRequest, tools: TransferTools): Promise<Sent> {
  const { store, key, source, metadata = {} } = request;
  const { signal } = tools;
  const { size } = source.facts;
  const token = isSmall(store, size) ? null : await beginUpload(store, key, size, metadata, signal);
  let content: SentContent | null;
  try {
    content = await sendContent(context, { store, key, source, token }, tools);
  } catch (error) {
    // What was sent of it is taken away by whoever ends the upload of the folder.
    if (!(error instanceof BenchkeepError) || error.code !== 'upload_lost') throw error;
    content = null;
  }
  if (content === null) return { failure: null, made: null, checksums: null };
  const { small, parts, checksums, taken } = content;
  if (taken !== null) return { failure: taken, made: null, checksums };
  try {
    const made =
      token === null
        ? await putSmall(store, key, small, { metadata, signal })
        : await store.uploads.complete(key, token, parts, { size, crc32: checksums.crc32 }, { signal });
    return { failure: null, made, checksums };
  } catch (error) {
    // An answer may be lost, or an earlier try was faster: what is there decides.
    if (!(error instanceof BenchkeepError)) throw error;
    return { failure: error, made: null, checksums };
  }
}

async function judge(
  request: MemberRequest,
  there: ObjectFacts,
  checksums: SentContent['checksums'],
  made: MadeObject | null,
  signal: AbortSignal,
): Promise<ObjectFacts> {
  const { store, source } = request;
  const { size } = source.facts;
  if (await isContent(store, there, { size, sha256: source.sha256, checksums }, signal)) return there;
  throw isMade(made, there) ? await removeWrong(store, there, request.shown) : otherThere(request.shown);
}

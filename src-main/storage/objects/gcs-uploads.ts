/**
 * Resumable sessions: an address that takes the bytes in order, whose token is that address with the size of the whole.
 * Whoever knows the address may write there, so it gets into no error. The object is made with the last byte.
 */
import * as z from 'zod';
import { BenchkeepError } from '../../../shared/errors.ts';
import { effect } from '../../ports/failpoint.ts';
import { isBusy } from './gcs-client.ts';
import { answerFailure, asJson, networkFailure, notAStore, uploadLost } from './gcs-failure.ts';
import { readResource } from './gcs-object.ts';
import type { WholeAnswer } from './whole-request.ts';
import { onlyIf, stat, type GcsBucket } from './gcs-store.ts';
import type {
  Call,
  Described,
  MadeObject,
  Part,
  ReceivedPart,
  UploadCall,
  Uploads,
  WholeContent,
} from './object-store.ts';

const session = z.object({ uri: z.url(), size: z.number() });
type Session = z.infer<typeof session>;

/** A multiple of 256 KiB, as all but the last have to be. */
const PART = 16 * 1024 ** 2;

/** How far a session is: bytes the store has, all of them and the object with it, or unknown to the store. */
type Progress = number | 'made' | 'lost';

/** By address: bytes that the store is known to have, which saves the question before each part, and what it made. */
interface Known {
  bytes: Map<string, number>;
  made: Map<string, MadeObject>;
}

export function gcsUploads(at: GcsBucket): Uploads {
  const known: Known = { bytes: new Map(), made: new Map() };
  return {
    // In order, so one at a time.
    plan: () => ({ partSize: PART, parallel: 1 }),
    begin: (key, size, options) => effect('store.begin', () => begin(at, known, key, size, options)),
    received: (_key, token, options) => received(at, known, token, options),
    send: (_key, token, part, options) => effect('store.send', () => send(at, known, token, part, options)),
    complete: (key, token, _parts, whole, options) =>
      effect('store.complete', () => complete(at, known, key, token, whole, options)),
    abort: (_key, token, options) => effect('store.abort', () => abort(at, known, token, options)),
    list: () => nothing(),
  };
}

/** Google tells nobody which sessions there are; they end by themselves after a week. */
async function* nothing(): AsyncGenerator<never> {}

async function begin(
  at: GcsBucket,
  known: Known,
  key: string,
  size: number,
  { metadata, signal, condition = { absent: true } }: UploadCall & Described = {},
): Promise<string> {
  const url = `${at.address.insert}?uploadType=resumable&name=${encodeURIComponent(at.full(key))}${onlyIf(condition)}`;
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'x-upload-content-type': 'application/octet-stream',
    'x-upload-content-length': String(size),
  };
  const answer = await at.ask({
    method: 'POST',
    url,
    headers,
    body: Buffer.from(JSON.stringify({ metadata })),
    signal,
  });
  const { location } = answer.headers;
  // What is protected on its way to the endpoint is not to lose that on the way to the session.
  const isSafe = location?.startsWith('https:') === true || at.address.insert.startsWith('http:');
  if (location === undefined || !URL.canParse(location) || !isSafe) throw notAStore(at.root);
  known.bytes.set(location, 0);
  return JSON.stringify({ uri: location, size } satisfies Session);
}

async function received(
  at: GcsBucket,
  known: Known,
  token: string,
  { signal }: Call = {},
): Promise<ReceivedPart[] | null> {
  const open = parse(token);
  if (open === null) return null;
  const progress = await ask(at, known, open, signal);
  return progress === 'lost' ? null : wholeParts(progress === 'made' ? open.size : progress, open.size);
}

/** The parts that are there from their first to their last byte. */
function wholeParts(bytes: number, size: number): ReceivedPart[] {
  const count = bytes >= size ? Math.ceil(size / PART) : Math.floor(bytes / PART);
  return Array.from({ length: count }, (_, index) => receivedPart(index + 1, Math.min(PART, size - index * PART)));
}

/** Of a single part Google makes no checksum: what it makes of the whole is looked at in the end. */
function receivedPart(number: number, size: number): ReceivedPart {
  return { number, size, etag: '', crc32: null };
}

/** Errors: `already_exists` as well, with the last part. */
async function send(
  at: GcsBucket,
  known: Known,
  token: string,
  part: Part,
  { signal }: Call = {},
): Promise<ReceivedPart> {
  const open = parse(token);
  if (open === null) throw uploadLost(at.root);
  const end = part.offset + part.bytes.length;
  let progress: Progress = known.bytes.get(open.uri) ?? (await ask(at, known, open, signal));
  let failed = 0;
  while (progress !== 'made') {
    // A store that has less than it said it has needs bytes that are not at hand here.
    if (progress === 'lost' || progress < part.offset) throw uploadLost(at.root);
    if (progress >= end && end < open.size) break;
    const before: number = progress;
    const answer = await sendFrom(at, open, part, before, signal);
    if (answer !== null && !isBusy(answer)) {
      progress = read(at, known, open, answer);
      if (progress !== before) continue;
    }
    if (!(await at.client.mayTryAgain(++failed, answer, signal))) throw gaveUp(at, answer);
    progress = await ask(at, known, open, signal);
    // What gets on is worth going on with, however often it breaks.
    if (progress !== before) failed = 0;
  }
  return receivedPart(part.number, part.bytes.length);
}

/** Null where it broke. */
function sendFrom(
  at: GcsBucket,
  { uri, size }: Session,
  { offset, bytes }: Part,
  from: number,
  signal: AbortSignal | undefined,
): Promise<WholeAnswer | null> {
  const end = offset + bytes.length;
  const range = from === end ? '*' : `${String(from)}-${String(end - 1)}`;
  return at.client.once({
    method: 'PUT',
    url: uri,
    headers: { 'content-range': `bytes ${range}/${String(size)}` },
    body: bytes.subarray(from - offset),
    signal,
  });
}

/** Where everything is there, asking makes the object. */
async function ask(at: GcsBucket, known: Known, open: Session, signal: AbortSignal | undefined): Promise<Progress> {
  const headers = { 'content-range': `bytes */${String(open.size)}` };
  return read(at, known, open, await at.client.askUpload({ method: 'PUT', url: open.uri, headers, signal }));
}

/** Errors: `already_exists`, and what else the store refuses. */
function read(at: GcsBucket, known: Known, { uri }: Session, answer: WholeAnswer): Progress {
  known.bytes.delete(uri);
  const { status, headers } = answer;
  if (status === 200 || status === 201) {
    const { generation } = readResource(answer, at.root);
    known.made.set(uri, { etag: generation, version: generation });
    return 'made';
  }
  if (isGone(status)) return 'lost';
  if (status !== 308) throw answerFailure(answer, at.root);
  const last = /^bytes=0-(?<last>\d+)$/.exec(headers.range ?? '')?.groups?.['last'];
  const bytes = last === undefined ? 0 : Number(last) + 1;
  known.bytes.set(uri, bytes);
  return bytes;
}

async function complete(
  at: GcsBucket,
  known: Known,
  key: string,
  token: string,
  whole: WholeContent,
  { signal }: Call = {},
): Promise<MadeObject | null> {
  const open = parse(token);
  if (open === null || (await ask(at, known, open, signal)) !== 'made') throw uploadLost(at.root);
  const there = await stat(at, key, signal === undefined ? {} : { signal });
  if (there === null) throw uploadLost(at.root);
  const made = known.made.get(open.uri) ?? null;
  known.made.delete(open.uri);
  if (there.size === whole.size) return made;
  throw new BenchkeepError(
    'already_exists',
    `Something else is there already in ${at.root}`,
    'Nothing was replaced. Look at what is there, then try again.',
  );
}

async function abort(at: GcsBucket, known: Known, token: string, { signal }: Call = {}): Promise<void> {
  const open = parse(token);
  if (open === null) return;
  known.bytes.delete(open.uri);
  const answer = await at.client.askUpload({ method: 'DELETE', url: open.uri, signal });
  if (!isGone(answer.status) && answer.status >= 300) throw answerFailure(answer, at.root);
}

/** Expired, never there, or stopped: 499 is what Google says then. */
function isGone(status: number): boolean {
  return status === 404 || status === 410 || status === 499;
}

function gaveUp(at: GcsBucket, answer: WholeAnswer | null): BenchkeepError {
  if (answer !== null && isBusy(answer)) return answerFailure(answer, at.root);
  return networkFailure({ code: 'ETIMEDOUT' }, at.root);
}

/** Null for what is no token of ours. */
function parse(token: string): Session | null {
  return session.safeParse(asJson(Buffer.from(token))).data ?? null;
}

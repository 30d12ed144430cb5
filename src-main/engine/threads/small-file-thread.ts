/** Reads small files, puts each with one request and asks with another what is there. Files are read one after the other. */
import { parentPort } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { effect } from '../../ports/failpoint.ts';
import { isOneFile } from '../../ports/fs/file-facts.ts';
import { readSmallFile } from '../../ports/fs/hash-file.ts';
import { systemClock } from '../../ports/clock.ts';
import { openAgents } from '../../storage/objects/guarded-agents.ts';
import type { SmallFileSource } from '../../storage/objects/object-store.ts';
import { contentHashOf } from '../../storage/objects/s3-content-hash.ts';
import {
  factsOfHead,
  factsOfPut,
  headersOfPut,
  headFactsOfHeaders,
  HEADERS_OF_HEAD,
  putFactsOfHeaders,
} from '../../storage/objects/s3-facts.ts';
import {
  NO_CONTENT,
  sendShortRequest,
  type KnownWay,
  type ShortRequest,
} from '../../storage/objects/s3-short-request.ts';
import { signatures, type Sign } from '../../storage/objects/s3-signature.ts';
import { base64OfHex } from '../../storage/objects/s3-words.ts';
import type { FileToPut, PutFile } from '../../storage/objects/small-file-sender.ts';
import { openWire, type Wire } from '../../storage/objects/whole-request.ts';
import type { FromSender, ToSender } from '../small-file-messages.ts';

interface Place {
  wire: Wire;
  way: KnownWay | null;
  sign: Sign | null;
}

interface ReadFile {
  bytes: Buffer;
  /** Hex. */
  crc32: string;
  sha256: string;
}

const engine = parentPort;
if (engine === null) throw new Error('small-file-thread runs as a worker');
/** Ms of reading, after which answers of the store have their turn. */
const TURN = 5;
const places = new Map<number, Place>();
const files = new Map<number, ReadFile>();
const underWay = new Map<number, AbortController>();
const toRead: { file: number; source: SmallFileSource }[] = [];
let answers: FromSender[] = [];

function answer(one: FromSender): void {
  if (answers.length === 0) setImmediate(tell);
  answers.push(one);
}

function tell(): void {
  const all = answers;
  answers = [];
  engine?.postMessage(all);
}

engine.on('message', (messages: readonly ToSender[]) => {
  for (const message of messages) heed(message);
});

function heed(message: ToSender): void {
  switch (message.say) {
    case 'connect': {
      const { how, place } = message;
      places.set(place, { wire: openWire(systemClock, openAgents(how), how), way: null, sign: null });
      return;
    }
    case 'way': {
      const place = places.get(message.place);
      if (place === undefined) return;
      if (place.way?.region !== message.way.region) place.sign = signatures(message.way.region);
      place.way = message.way;
      return;
    }
    case 'disconnect':
      places.get(message.place)?.wire.close();
      places.delete(message.place);
      return;
    case 'read':
      if (toRead.length === 0) setImmediate(readSome);
      toRead.push(message);
      return;
    case 'put':
      void putNow(message.put, message);
      return;
    case 'stop':
      underWay.get(message.put)?.abort();
      return;
    case 'let go': {
      files.delete(message.file);
      const unread = toRead.findIndex(({ file }) => file === message.file);
      if (unread >= 0) toRead.splice(unread, 1);
    }
  }
}

function readSome(): void {
  const until = systemClock.monotonic() + TURN;
  do {
    const next = toRead.shift();
    if (next === undefined) return;
    const read = readNow(next.source);
    if (read !== null) files.set(next.file, read);
    answer({ say: 'read', file: next.file, crc32: read?.crc32 ?? null });
  } while (systemClock.monotonic() < until);
  if (toRead.length > 0) setImmediate(readSome);
}

function readNow({ path, facts, sha256 }: SmallFileSource): ReadFile | null {
  const read = readSmallFile(path, facts.size);
  if (read.kind !== 'hashed' || read.sha256 !== sha256) return null;
  if (!isOneFile(read.facts, facts) || read.facts.mtimeNs !== facts.mtimeNs) return null;
  return { bytes: read.bytes, crc32: crc32(read.bytes).toString(16).padStart(8, '0'), sha256 };
}

async function putNow(
  put: number,
  { file, place, wanted }: { file: number; place: number; wanted: FileToPut },
): Promise<void> {
  const controller = new AbortController();
  underWay.set(put, controller);
  const made = await putFile(files.get(file), places.get(place), wanted, controller.signal).catch(() => null);
  underWay.delete(put);
  answer({ say: 'put', put, made });
}

async function putFile(
  file: ReadFile | undefined,
  place: Place | undefined,
  { key, fullKey, metadata }: FileToPut,
  signal: AbortSignal,
): Promise<PutFile | null> {
  if (file === undefined || place?.way == null || place.sign === null) return null;
  const { wire, way, sign } = place;
  const ask = async (request: Omit<ShortRequest, 'key' | 'signal'>): Promise<Record<string, string> | null> => {
    const { status, headers } = await sendShortRequest(wire, way, sign, { ...request, key: fullKey, signal });
    // Cookies would be the only one that is a list.
    return status === 200 ? (headers as Record<string, string>) : null;
  };
  const { bytes, sha256 } = file;
  const isSecure = way.origin.startsWith('https:');
  const contentHash = contentHashOf({ isSecure }, sha256) ?? sha256;
  const headers = headersOfPut(bytes.length, base64OfHex(file.crc32), { mustBeAbsent: true, metadata });
  const put = await effect('store.put', () => ask({ method: 'PUT', headers, body: bytes, contentHash }));
  const made = put === null ? null : putFactsOfHeaders(put);
  if (made === null) return null;
  const there = await ask({ method: 'HEAD', headers: HEADERS_OF_HEAD, contentHash: NO_CONTENT });
  const head = there === null ? null : headFactsOfHeaders(there);
  return head === null ? null : { made: factsOfPut(key, bytes.length, made), there: factsOfHead(key, head) };
}

/** Reads small files, puts each with one request and asks with another what is there. Files are read one after the other. */
import { hexOfCrc32 } from '../../ports/fs/content-hash.ts';
import { parentPort } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { sayingTogether } from '../../ports/gather.ts';
import { giveWay } from '../../ports/give-way.ts';
import { openRoom, type Room } from '../../ports/room.ts';
import { isOneFile } from '../../ports/fs/file-facts.ts';
import { readSmallFile } from '../../ports/fs/hash-file.ts';
import { systemClock } from '../../ports/clock.ts';
import type { RawPath } from '../../ports/fs/raw-path.ts';
import { systemRandom } from '../../ports/random.ts';
import type { Pauses } from '../../storage/objects/s3-retries.ts';
import { openAgents } from '../../storage/objects/guarded-agents.ts';
import type { PutFile, ContentSource } from '../../storage/objects/object-store.ts';
import { putS3File, type ReadFile } from '../../storage/objects/s3-put-file.ts';
import type { KnownWay } from '../../storage/objects/s3-short-request.ts';
import { signatures, type Sign } from '../../storage/objects/s3-signature.ts';
import type { FileToPut } from '../../storage/objects/small-file-sender.ts';
import { openWire, type Wire } from '../../storage/objects/whole-request.ts';
import type { FromSender, ToSender } from '../small-file-messages.ts';

interface Place {
  wire: Wire;
  pauses: Pauses;
  /** For files that are on their way. */
  room: Room;
  /** Null until it is told. */
  known: { way: KnownWay; sign: Sign } | null;
}

const engine = parentPort;
if (engine === null) throw new Error('small-file-thread runs as a worker');
/** Files that are sent to one place at the same time. */
const AT_ONCE = 32;
const places = new Map<number, Place>();
const files = new Map<number, ReadFile>();
const underWay = new Map<number, AbortController>();
let isReading = false;
const toRead: { file: number; source: ContentSource }[] = [];
const answer = sayingTogether<FromSender>((all) => {
  engine.postMessage(all);
});

engine.on('message', (messages: readonly ToSender[]) => {
  for (const message of messages) heed(message);
});

function heed(message: ToSender): void {
  switch (message.say) {
    case 'connect': {
      const { how, place } = message;
      const wire = openWire(systemClock, openAgents(how), how);
      places.set(place, { wire, pauses: how, room: openRoom(AT_ONCE), known: null });
      return;
    }
    case 'way': {
      const place = places.get(message.place);
      if (place === undefined) return;
      const { way } = message;
      // It keeps the key of the day.
      const sign = place.known?.way.region === way.region ? place.known.sign : signatures(way.region);
      place.known = { way, sign };
      return;
    }
    case 'disconnect':
      places.get(message.place)?.wire.close();
      places.delete(message.place);
      return;
    case 'read':
      toRead.push(message);
      void readAll();
      return;
    case 'put':
      void putNow(message.put, message);
      return;
    case 'stop':
      underWay.get(message.put)?.abort();
      return;
    case 'are you there':
      answer({ say: 'here' });
      return;
    case 'let go': {
      files.delete(message.file);
      const unread = toRead.findIndex(({ file }) => file === message.file);
      if (unread >= 0) toRead.splice(unread, 1);
    }
  }
}

/** With turns for what the stores answer. */
async function readAll(): Promise<void> {
  if (isReading) return;
  isReading = true;
  const pause = giveWay();
  for (let next = toRead.shift(); next !== undefined; next = toRead.shift()) {
    const read = readNow(next.source);
    if (read !== null) files.set(next.file, read);
    answer({ say: 'read', file: next.file, crc32: read?.crc32 ?? null });
    await pause();
  }
  isReading = false;
}

function readNow({ path, facts, sha256 }: ContentSource): ReadFile | null {
  const read = readSafely(path, facts.size);
  if (read.kind !== 'hashed' || read.sha256 !== sha256) return null;
  if (!isOneFile(read.facts, facts) || read.facts.mtimeNs !== facts.mtimeNs) return null;
  return { bytes: read.bytes, crc32: hexOfCrc32(crc32(read.bytes)), sha256 };
}

/** Disks fail at the oddest moments; whoever reads it otherwise finds out how. */
function readSafely(path: RawPath, size: number): ReturnType<typeof readSmallFile> {
  try {
    return readSmallFile(path, size);
  } catch {
    return { kind: 'changed' };
  }
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
  wanted: FileToPut,
  signal: AbortSignal,
): Promise<PutFile | null> {
  if (file === undefined || place === undefined || place.known === null) return null;
  const leave = await place.room.take(1, signal);
  try {
    const { wire, pauses, known } = place;
    const sending = { wire, ...known, pauses, clock: systemClock, random: systemRandom };
    return await putS3File(sending, file, wanted, signal);
  } finally {
    leave();
  }
}

/** Fetches one file of a folder artifact into the folder where it waits for the others. */
import { BenchkeepError } from '../../shared/errors.ts';
import { wait } from '../ports/clock.ts';
import { effect } from '../ports/failpoint.ts';
import { joinRaw, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ManifestEntry } from '../storage/folder-manifest.ts';
import { markOfObject, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import type { FetchRequest } from './fetch-content.ts';
import type { FetchTools } from './fetch-ranges.ts';
import { memberKey } from './folder-in-store.ts';
import type { TransferContext } from './transfer-context.ts';

/** Bytes and number of the ranges of one. */
const RANGE = 8 * 1024 ** 2;
const RANGES = 4;
/** How often a member is asked for, and ms before the second time. */
const TRIES = 3;
const FIRST_PAUSE = 500;

type MemberContext = Pick<TransferContext, 'fs' | 'clock' | 'downloadRoom'>;

/** Errors: `file_not_found`, `wrong_content`, with the member named; those of the store and disk. */
export async function fetchMember(
  context: MemberContext,
  store: ObjectStore,
  { request, entry, part }: { request: FetchRequest; entry: ManifestEntry; part: RawPath },
  tools: FetchTools,
): Promise<void> {
  const { fs, clock } = context;
  const { path, size } = entry;
  const sha256 = entry.sha256.includes(':') ? null : entry.sha256;
  const target = joinRaw(part, path);
  const key = memberKey(request.key, path);
  for (let tries = 1; ; tries++) {
    try {
      const object = await store.stat(key, { signal: tools.signal });
      if (object === null) throw gone(request, path);
      if (object.size !== size || (sha256 === null && !isMarked(store, object, entry))) throw other(request, path);
      const fill = (write: Write): Promise<void> => fillRanges(context, store, object, write, tools.signal);
      await fs.fillFsyncMoveIn({ target, size, sha256, fill });
      tools.onBytes(size);
      return;
    } catch (error) {
      const isLast = tries === TRIES || tools.signal.aborted || !(error instanceof BenchkeepError) || !error.retry;
      if (isLast && error instanceof BenchkeepError && error.code === 'wrong_content') throw other(request, path);
      if (isLast) throw error;
      await wait(clock, FIRST_PAUSE * 2 ** (tries - 1), tools.signal);
    }
  }
}

/** Asked for alone some stores tell a checksum that is in no list. */
function isMarked({ kind }: ObjectStore, facts: ObjectFacts, { sha256: mark }: ManifestEntry): boolean {
  const { sha256: _, ...checksums } = facts.checksums;
  return markOfObject(kind, facts) === mark || markOfObject(kind, { ...facts, checksums }) === mark;
}

type Write = (offset: number, bytes: Uint8Array) => Promise<void>;

async function fillRanges(
  { downloadRoom: room }: Pick<TransferContext, 'downloadRoom'>,
  store: ObjectStore,
  object: ObjectFacts,
  write: Write,
  signal: AbortSignal,
): Promise<void> {
  const { size } = object;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let offset = next; offset < size; offset = next) {
      next += RANGE;
      const length = Math.min(RANGE, size - offset);
      const leave = await room.take(length, signal);
      try {
        const bytes = await effect('store.read', () =>
          store.readRange(object.key, offset, length, { of: object, signal }),
        );
        await write(offset, bytes);
      } finally {
        leave();
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: RANGES }, worker));
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function gone({ storage, key }: FetchRequest, path: RawPath): BenchkeepError {
  return new BenchkeepError(
    'file_not_found',
    `There is no ${storage.root}/${key}/${rawToDisplay(path)} any more`,
    'Its record stays. Ask who looks after the bucket; an earlier version of the object may still be there.',
  );
}

function other({ storage, key }: FetchRequest, path: RawPath): BenchkeepError {
  return new BenchkeepError(
    'wrong_content',
    `${storage.root}/${key}/${rawToDisplay(path)} is not any more what was registered`,
    'It was not fetched. Ask who else writes into this storage; an earlier version of the object may still be there.',
  );
}

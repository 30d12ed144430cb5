/**
 * `published.json` beside the registry: what this computer last saw of the published copy, and what failed there. Lost,
 * it is found out again by reading what is published.
 */
import * as z from 'zod';
import { storeOptions } from '../../storage/index.ts';
import type { Fs } from '../../ports/fs/fs.ts';
import { joinRaw, rawFromText, type RawPath } from '../../ports/fs/raw-path.ts';

const head = z.object({ id: z.number(), hash: z.string() });
/** Of a storage. `options`: of a bucket. */
const place = z.object({ root: z.string(), options: storeOptions.nullable() });
export type KnownPlace = z.infer<typeof place>;

const publishedMemory = z.object({
  /** The snapshot that was last published from here, or fetched, and its place. */
  seen: z.object({ root: z.string(), tag: z.string(), head, at: z.string() }).nullable(),
  /** A history that a person put away here by restoring an older backup: what is published may be replaced if it is this. */
  put_away: head.nullable(),
  /** Where it is published. A default storage that is another one is where it goes: this stays the place until then. */
  place: place.nullable().default(null),
  /** A place that it was published in before, and that could not be told yet where it went. */
  left: place.nullable(),
  /** Storages are to be looked for: the folder was made from the published copy. */
  claim: z.boolean(),
  /** What failed last. `next`: ms since 1970; nothing is published by itself before that. */
  failed: z
    .object({
      attempts: z.number(),
      since: z.number(),
      next: z.number(),
      message: z.string(),
      /** False: the place did not answer at all. It is asked each time, but nobody waits long for it. */
      reached: z.boolean().default(true),
    })
    .nullable(),
});
export type PublishedMemory = z.infer<typeof publishedMemory>;

export const NOTHING_SEEN: PublishedMemory = {
  seen: null,
  put_away: null,
  place: null,
  left: null,
  claim: false,
  failed: null,
};

function memoryPath(folder: RawPath): RawPath {
  return joinRaw(folder, rawFromText('published.json'));
}

/** `folder`: the instance's. */
export async function readMemory(fs: Fs, folder: RawPath): Promise<PublishedMemory> {
  if ((await fs.look(memoryPath(folder))) === null) return NOTHING_SEEN;
  try {
    const text = (await fs.readRange(memoryPath(folder), 0, 65_536)).toString('utf8');
    return publishedMemory.safeParse(JSON.parse(text)).data ?? NOTHING_SEEN;
  } catch {
    // Damaged: as if nothing had been seen yet.
    return NOTHING_SEEN;
  }
}

export async function changeMemory(fs: Fs, folder: RawPath, patch: Partial<PublishedMemory>): Promise<PublishedMemory> {
  const memory = { ...(await readMemory(fs, folder)), ...patch };
  await fs.writeTempFsyncRename(memoryPath(folder), Buffer.from(`${JSON.stringify(memory)}\n`, 'utf8'), 0o600);
  return memory;
}

/** What Google Cloud Storage tells of an object (its `objects` resource), and how conditions on one are written. */
import * as z from 'zod';
import { asJson, notAStore } from './gcs-failure.ts';
import type { WholeAnswer } from './whole-request.ts';
import type { ObjectFacts, StoreChecksums } from './object-store.ts';

const resource = z.object({
  name: z.string(),
  // Numbers of 64 bits come as text.
  size: z.coerce.number(),
  generation: z.string(),
  /** Missing on composed objects. */
  md5Hash: z.string().optional(),
  crc32c: z.string().optional(),
  timeCreated: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
});
const page = z.object({ items: z.array(resource).optional(), nextPageToken: z.string().optional() });
const place = z.object({ location: z.string().optional() });

/** Asked for by name: the whole resource is ten times as long. */
const NAMES = 'name,size,generation,md5Hash,crc32c,timeCreated';
export const OBJECT_FIELDS = `fields=${NAMES},metadata`;
/** As many as there can be. */
export const PAGE_FIELDS = `maxResults=1000&fields=nextPageToken,items(${NAMES})`;

/** `key`: as below the root. The condition on an object is its generation, since etags also change with its metadata. */
export function factsOf(key: string, told: z.infer<typeof resource>): ObjectFacts {
  const checksums: StoreChecksums = {};
  if (told.crc32c !== undefined) checksums.crc32c = hexOfBase64(told.crc32c);
  if (told.md5Hash !== undefined) checksums.md5 = hexOfBase64(told.md5Hash);
  return {
    key,
    size: told.size,
    etag: told.generation,
    version: told.generation,
    checksums,
    // Of the content; `updated` is that of the metadata.
    modifiedAt: told.timeCreated === undefined ? null : new Date(told.timeCreated).toISOString(),
    ...(told.metadata === undefined ? {} : { metadata: told.metadata }),
  };
}

/** Errors: `offline` where no object store answers (a page to log in to the network). */
export function readResource(answer: WholeAnswer, root: string): z.infer<typeof resource> {
  return read(resource, answer, root);
}

export function readPage(answer: WholeAnswer, root: string): z.infer<typeof page> {
  return read(page, answer, root);
}

export function readLocation(answer: WholeAnswer, root: string): string | null {
  return read(place, answer, root).location?.toLowerCase() ?? null;
}

function read<T>(shape: z.ZodType<T>, { body }: WholeAnswer, root: string): T {
  const parsed = shape.safeParse(asJson(body));
  if (!parsed.success) throw notAStore(root);
  return parsed.data;
}

function hexOfBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('hex');
}

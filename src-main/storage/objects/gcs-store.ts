/** Google Cloud Storage, by its JSON API; Google's client (@google-cloud/storage) signs in. */
import { createHash } from 'node:crypto';
import { BenchkeepError } from '../../../shared/errors.ts';
import { systemClock, type Clock } from '../../ports/clock.ts';
import { effect } from '../../ports/failpoint.ts';
import { nodeFs } from '../../ports/fs/node-fs.ts';
import { systemRandom, type Random } from '../../ports/random.ts';
import { openGcsClient, type GcsClient, type Tried } from './gcs-client.ts';
import { answerFailure } from './gcs-failure.ts';
import { factsOf, OBJECT_FIELDS, PAGE_FIELDS, readLocation, readPage, readResource } from './gcs-object.ts';
import type { WholeRequest } from './whole-request.ts';
import type { GcsAccess } from './gcs-sign-in.ts';
import { gcsUploads } from './gcs-uploads.ts';
import type { Call, Described, ObjectFacts, ObjectStore, PutCondition } from './object-store.ts';
import type { CloudRoot } from './store-options.ts';

/** A bucket, seen from one folder of it. */
export interface GcsBucket {
  client: GcsClient;
  /** As people see it. */
  root: string;
  /** Addresses of the bucket, of its objects, and of what makes one. */
  address: { bucket: string; objects: string; insert: string };
  /** Key in the bucket of a key below the root, and back. */
  full(key: string): string;
  below(full: string): string;
  /** Status codes besides success that are no failure here. Errors: Benchkeep's. */
  ask(request: WholeRequest, expected?: readonly number[]): Promise<Tried>;
}

/** Credentials are looked for at the first request. */
export async function openGcsStore(
  root: CloudRoot,
  access: GcsAccess,
  { clock = systemClock, random = systemRandom }: { clock?: Clock; random?: Random } = {},
): Promise<ObjectStore> {
  return gcsStore(root, await openGcsClient(root, access, { clock, random, fs: nodeFs(random) }));
}

/** The store of a client that is open. */
export function gcsStore(root: CloudRoot, client: GcsClient): ObjectStore {
  const lead = root.prefix === '' ? '' : `${root.prefix}/`;
  const bucket = `/storage/v1/b/${encodeURIComponent(root.bucket)}`;
  const at: GcsBucket = {
    client,
    root: root.root,
    address: {
      bucket: client.endpoint + bucket,
      objects: `${client.endpoint}${bucket}/o`,
      insert: `${client.endpoint}/upload${bucket}/o`,
    },
    full: (key) => lead + key,
    below: (full) => full.slice(lead.length),
    async ask(request, expected = []) {
      const answer = await client.ask(request);
      if ((answer.status >= 200 && answer.status < 300) || expected.includes(answer.status)) return answer;
      throw answerFailure(answer, root.root);
    },
  };
  return {
    kind: 'gs',
    proves: 'md5',
    stat: (key, options) => stat(at, key, options),
    list: (prefix, options) => list(at, prefix, options),
    versions: (key, options) => versions(at, key, options),
    readRange: (key, offset, length, options) => readRange(at, key, offset, length, options),
    put: (key, bytes, options) => effect('store.put', () => put(at, key, bytes, options)),
    delete: (key, options) => effect('store.delete', () => remove(at, key, options)),
    uploads: gcsUploads(at),
    region: () => regionOf(at),
    close: () => {
      client.close();
    },
  };
}

export async function stat(
  at: GcsBucket,
  key: string,
  { version, signal }: Call & { version?: string | null } = {},
): Promise<ObjectFacts | null> {
  const url = `${addressOf(at, key)}?${OBJECT_FIELDS}${ofVersion(version)}`;
  const answer = await at.ask({ method: 'GET', url, signal }, [404]);
  if (answer.status !== 404) return factsOf(key, readResource(answer, at.root));
  await assertBucket(at, signal);
  return null;
}

/** A missing bucket says 404 like a missing object, and must not look like one in which the object is gone. */
async function assertBucket(at: GcsBucket, signal: AbortSignal | undefined): Promise<void> {
  // Who may read objects may often list them, but not see the bucket itself; who may not even list is told 403.
  await at.ask({ method: 'GET', url: `${at.address.objects}?maxResults=1&fields=nextPageToken`, signal }, [403]);
}

function list(at: GcsBucket, prefix: string, { signal }: Call = {}): AsyncGenerator<ObjectFacts> {
  return pages(at, `prefix=${encodeURIComponent(at.full(prefix))}`, signal);
}

async function* versions(at: GcsBucket, key: string, { signal }: Call = {}): AsyncGenerator<ObjectFacts> {
  const found: ObjectFacts[] = [];
  const only = `versions=true&prefix=${encodeURIComponent(at.full(key))}`;
  for await (const facts of pages(at, only, signal)) {
    if (facts.key === key) found.push(facts);
    // They come by name: what only begins like it may be a whole folder.
    else break;
  }
  yield* found.sort((a, b) => Number(b.version) - Number(a.version));
}

async function* pages(at: GcsBucket, which: string, signal: AbortSignal | undefined): AsyncGenerator<ObjectFacts> {
  const from = `${at.address.objects}?${which}&${PAGE_FIELDS}`;
  let token: string | undefined;
  do {
    const url = token === undefined ? from : `${from}&pageToken=${encodeURIComponent(token)}`;
    const page = readPage(await at.ask({ method: 'GET', url, signal }), at.root);
    for (const told of page.items ?? []) yield factsOf(at.below(told.name), told);
    token = page.nextPageToken;
  } while (token !== undefined);
}

async function readRange(
  at: GcsBucket,
  key: string,
  offset: number,
  length: number,
  { of, signal }: Call & { of?: ObjectFacts } = {},
): Promise<Buffer> {
  if (length <= 0) return Buffer.alloc(0);
  // By its generation, also an older one that the bucket keeps is read.
  const url = `${addressOf(at, key)}?alt=media${ofVersion(of?.etag)}`;
  const range = `bytes=${String(offset)}-${String(offset + length - 1)}`;
  // Packed objects are unpacked by the store, and as a whole, for whoever does not take them packed.
  const headers = { range, 'accept-encoding': 'gzip' };
  const answer = await at.ask({ method: 'GET', url, headers, signal }, [404, 416]);
  const { status, body } = answer;
  const isOther = status === 404 && of !== undefined && (await stat(at, key, signal && { signal })) !== null;
  if (status === 404 && !isOther) {
    await assertBucket(at, signal);
    throw new BenchkeepError('file_not_found', `There is no ${at.root}/${key}`, 'Look at what is there: storage tree.');
  }
  const generation = answer.headers['x-goog-generation'];
  if (isOther || (of !== undefined && generation !== undefined && generation !== of.etag)) {
    throw new BenchkeepError(
      'file_changed',
      `${at.root}/${key} was replaced while it was read`,
      'Nothing was kept of it. Try again.',
      { retry: true },
    );
  }
  if (status === 416) return Buffer.alloc(0);
  return status === 206 ? body : body.subarray(offset, offset + length);
}

async function put(
  at: GcsBucket,
  key: string,
  bytes: Buffer,
  { condition = null, metadata: words, signal }: Call & Described & { condition?: PutCondition } = {},
): Promise<ObjectFacts> {
  const md5 = createHash('md5').update(bytes).digest();
  // Told in the metadata, the store refuses other bytes than these.
  const metadata = JSON.stringify({ name: at.full(key), md5Hash: md5.toString('base64'), metadata: words });
  // Of what is in between, a boundary made of its checksum can't be a part.
  const boundary = `part-${createHash('sha256').update(metadata).update(bytes).digest('hex')}`;
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\ncontent-type: application/json; charset=utf-8\r\n\r\n${metadata}\r\n`),
    Buffer.from(`--${boundary}\r\ncontent-type: application/octet-stream\r\n\r\n`),
    bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const url = `${at.address.insert}?uploadType=multipart&${OBJECT_FIELDS}${onlyIf(condition)}`;
  const headers = { 'content-type': `multipart/related; boundary=${boundary}` };
  const answer = await at.ask({ method: 'POST', url, headers, body, signal }, [412]);
  if (answer.status !== 412) return factsOf(key, readResource(answer, at.root));
  if (answer.attempt > 1) {
    // The answer of an earlier attempt may have been lost, and what is in the way is ours.
    const there = await stat(at, key, signal === undefined ? {} : { signal });
    if (there?.size === bytes.length && there.checksums.md5 === md5.toString('hex')) return there;
  }
  throw answerFailure(answer, at.root);
}

async function remove(
  at: GcsBucket,
  key: string,
  { version, signal }: Call & { version?: string | null } = {},
): Promise<void> {
  const generation = ofVersion(version).replace('&', '?');
  const answer = await at.ask({ method: 'DELETE', url: addressOf(at, key) + generation, signal }, [404]);
  if (answer.status === 404) await assertBucket(at, signal);
}

async function regionOf(at: GcsBucket): Promise<string | null> {
  // Not everybody who may work with the objects may see the bucket itself.
  const answer = await at.ask({ method: 'GET', url: `${at.address.bucket}?fields=location` }, [403]);
  return answer.status === 403 ? null : readLocation(answer, at.root);
}

function addressOf(at: GcsBucket, key: string): string {
  return `${at.address.objects}/${encodeURIComponent(at.full(key))}`;
}

function ofVersion(version: string | null | undefined): string {
  return version === null || version === undefined ? '' : `&generation=${encodeURIComponent(version)}`;
}

export function onlyIf(condition: PutCondition): string {
  if (condition === null) return '';
  // An empty one would be no condition at all.
  const generation = 'absent' in condition ? '0' : condition.etag || '-1';
  return `&ifGenerationMatch=${encodeURIComponent(generation)}`;
}

/** Files of a web server, which are only read. A key is the path of an address as it is written, with its `?…`. */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Call, ObjectFacts, ObjectStore } from './object-store.ts';
import { onlyRead } from './only-read.ts';
import { retryAfter } from './retry-after.ts';
import { storeError } from './store-error.ts';
import { openWeb, type Web, type WebAccess, type WebAnswer } from './web-request.ts';
import type { WebRoot } from './web-root.ts';

/** Nothing is asked before it is needed. */
export function openHttpsStore({ root }: WebRoot, access: WebAccess = {}): Promise<ObjectStore> {
  const web = openWeb(access);
  const at: At = { web, root, rangeless: new Set(), address: (key: string): string => `${root}/${key}` };
  return Promise.resolve({
    kind: 'https',
    proves: 'md5',
    stat: (key, options) => stat(at, key, options),
    list: () => refuseList(root),
    readRange: (key, offset, length, options) => readRange(at, key, offset, length, options),
    readWhole: (key, options) => readWhole(at, key, options),
    comesWhole: ({ key, etag }) => !isStrong(etag) || at.rangeless.has(key),
    region: () => Promise.resolve(null),
    close: () => {
      web.close();
    },
    ...onlyRead(root),
  });
}

interface At {
  web: Web;
  /** As people see it. */
  root: string;
  /** Keys of which all came when a range was asked for. */
  rangeless: Set<string>;
  address(key: string): string;
}

async function* refuseList(root: string): AsyncGenerator<ObjectFacts> {
  await Promise.resolve();
  throw new BenchkeepError(
    'not_supported',
    `${root} is a web server, which tells nobody what is in its folders`,
    'Give the address of each file.',
  );
}

async function stat(at: At, key: string, { signal }: Call = {}): Promise<ObjectFacts | null> {
  const url = at.address(key);
  const head = await at.web.ask({ method: 'HEAD', url, signal });
  head.close();
  if (isGone(head.status)) return null;
  if (head.status === 200 && sizeOf(head) !== null) return factsOf(at, key, head);
  // Some servers answer no HEAD, or not truly: the first byte's answer tells the same.
  const first = await at.web.ask({ method: 'GET', url, headers: { range: 'bytes=0-0' }, signal });
  first.close();
  if (isGone(first.status)) return null;
  // Of an empty file there is no first byte.
  if (first.status === 200 || first.status === 206 || first.status === 416) return factsOf(at, key, first);
  throw failure(at, first);
}

/** Fewer requests than ranges where the server does not know ranges; without an ETag that holds, all there is to compare is size and date. */
async function readRange(
  at: At,
  key: string,
  offset: number,
  length: number,
  { of, signal }: Call & { of?: ObjectFacts } = {},
): Promise<Buffer> {
  if (length <= 0) return Buffer.alloc(0);
  const headers: Record<string, string> = { range: `bytes=${String(offset)}-${String(offset + length - 1)}` };
  if (of !== undefined && isStrong(of.etag)) headers['if-range'] = `"${of.etag}"`;
  const answer = await at.web.ask({ method: 'GET', url: at.address(key), headers, signal });
  try {
    if (isGone(answer.status)) throw notThere(at, key);
    if (answer.status === 416) return Buffer.alloc(0);
    if (answer.status !== 200 && answer.status !== 206) throw failure(at, answer);
    if (of !== undefined) refuseOther(at, key, answer, of);
    if (answer.status === 200) {
      if (of === undefined || of.size > length) at.rangeless.add(key);
      return await answer.read(length, offset);
    }
    if (Number(/^bytes (?<from>\d+)-/.exec(answer.headers['content-range'] ?? '')?.groups?.['from']) !== offset)
      throw replaced(at, key);
    return await answer.read(length);
  } finally {
    answer.close();
  }
}

async function* readWhole(
  at: At,
  key: string,
  { of, signal }: Call & { of?: ObjectFacts } = {},
): AsyncGenerator<Buffer> {
  const answer = await at.web.ask({ method: 'GET', url: at.address(key), signal });
  try {
    if (isGone(answer.status)) throw notThere(at, key);
    if (answer.status !== 200) throw failure(at, answer);
    if (of !== undefined) refuseOther(at, key, answer, of);
    let size = 0;
    for await (const chunk of answer.body) {
      size += chunk.length;
      yield chunk;
    }
    if (of !== undefined && size !== of.size) throw replaced(at, key);
  } finally {
    answer.close();
  }
}

function factsOf(at: At, key: string, answer: WebAnswer): ObjectFacts {
  const size = sizeOf(answer);
  if (size === null) {
    throw new BenchkeepError(
      'not_supported',
      `${at.root} does not say how large ${at.address(key)} is`,
      'Download it, and save the file.',
    );
  }
  const { headers } = answer;
  const changed = Date.parse(headers['last-modified'] ?? '');
  return {
    key,
    size,
    etag: etagOf(answer),
    version: null,
    checksums: {},
    modifiedAt: Number.isNaN(changed) ? null : new Date(changed).toISOString(),
  };
}

/** Null where it is not told, or is that of something packed. */
function sizeOf({ status, headers }: WebAnswer): number | null {
  const packed = headers['content-encoding'];
  if (packed !== undefined && packed !== 'identity') return null;
  const told =
    status === 200
      ? headers['content-length']
      : /^bytes (?:\d+-\d+|\*)\/(?<size>\d+)$/.exec(headers['content-range'] ?? '')?.groups?.['size'];
  return told !== undefined && /^\d{1,15}$/.test(told) ? Number(told) : null;
}

/** Without its quotes; one that promises little keeps its `W/`. */
function etagOf({ headers: { etag = '' } }: WebAnswer): string {
  return etag.replaceAll('"', '');
}

function isStrong(etag: string): boolean {
  return etag !== '' && !etag.startsWith('W/');
}

/** Errors: `file_changed`. */
function refuseOther(at: At, key: string, answer: WebAnswer, of: ObjectFacts): void {
  const now = factsOf(at, key, answer);
  if (now.size !== of.size || now.etag !== of.etag || (of.etag === '' && now.modifiedAt !== of.modifiedAt))
    throw replaced(at, key);
}

function isGone(status: number): boolean {
  return status === 404 || status === 410;
}

function notThere(at: At, key: string): BenchkeepError {
  return new BenchkeepError('file_not_found', `There is no ${at.address(key)}`, 'Look at the address in a browser.');
}

function replaced(at: At, key: string): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `${at.address(key)} was replaced while it was read`,
    'Nothing was kept of it. Try again.',
    { retry: true },
  );
}

function failure(at: At, answer: WebAnswer): BenchkeepError {
  const { status } = answer;
  if (status === 429) return retryAfter(at.root, answer.headers['retry-after']);
  if (status === 401 || status === 403) {
    return new BenchkeepError(
      'not_allowed',
      `${at.root} does not give this file to everybody`,
      'Benchkeep signs in to no web server. Download it in a browser, and save the file.',
    );
  }
  return storeError({ status, name: 'http' }, at.root, null);
}

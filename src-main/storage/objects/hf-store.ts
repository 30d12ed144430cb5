/**
 * Repositories of Hugging Face, which are only read (@huggingface/hub). Each file is read as it was in the commit that
 * last changed it, so that what is read in ranges is of one content.
 */
import { BenchkeepError } from '../../../shared/errors.ts';
import { hfFetch, type HfAccess } from './hf-fetch.ts';
import type { Call, ObjectFacts, ObjectStore } from './object-store.ts';
import { hfVersions } from './hf-versions.ts';
import { onlyRead } from './only-read.ts';
import { retryAfter } from './retry-after.ts';
import { storeError } from './store-error.ts';
import { openWeb, type Web, type WebAnswer } from './web-request.ts';
import { parseHf, type HfRoot, type WebRoot } from './web-root.ts';

const HUB = 'https://huggingface.co';

interface At extends Pick<HfRoot, 'repo'> {
  root: string;
  hub: string;
  revision: string;
  token: string | undefined;
  web: Web;
  access: HfAccess;
  /** Keys of which all came when a range was asked for. */
  rangeless: Set<string>;
}

/** `hubUrl` and token: of the environment (HF_ENDPOINT, HF_TOKEN) where none are given. */
export function openHfStore({ root }: WebRoot, access: HfAccess = {}): Promise<ObjectStore> {
  const { repo, revision } = parseHf(root);
  const hub = (access.hubUrl ?? process.env['HF_ENDPOINT'] ?? HUB).replace(/\/+$/, '');
  const token = access.token ?? process.env['HF_TOKEN'];
  // A hub of one's own may be in a private network; where it or the public one leads to may not.
  const own = hub === HUB ? null : new URL(hub).origin;
  const web = openWeb({ mayBePrivate: ({ origin }) => origin === own, ...access });
  const at: At = {
    root,
    hub,
    repo,
    revision: revision ?? 'main',
    token: token === '' ? undefined : token,
    web,
    access,
    rangeless: new Set(),
  };
  return Promise.resolve({
    kind: 'hf',
    proves: 'md5',
    stat: (key, options) => stat(at, key, options),
    list: (prefix, options) => list(at, prefix, options),
    readRange: (key, offset, length, options) => readRange(at, key, offset, length, options),
    readWhole: (key, options) => readWhole(at, key, options),
    comesWhole: ({ key }) => at.rangeless.has(key),
    versions: (key, options) => hfVersions(commits(at, options), (version) => stat(at, key, { ...options, version })),
    region: () => Promise.resolve(null),
    close: () => {
      web.close();
    },
    ...onlyRead(root),
  });
}

async function stat(
  at: At,
  key: string,
  { version, signal }: Call & { version?: string | null } = {},
): Promise<ObjectFacts | null> {
  const { pathsInfo } = await import('@huggingface/hub');
  // Of a path that is not there nothing is told; 404 is that of a repository or revision.
  const [found] = await asking(at, () =>
    pathsInfo({ ...common(at, signal), revision: version ?? at.revision, paths: [key], expand: true }),
  );
  if (found?.type !== 'file' || found.path !== key) return null;
  return factsOf(found);
}

/** In the order of their names, as with stores: so all of them come before the first is given. */
async function* list(at: At, prefix: string, { signal }: Call = {}): AsyncGenerator<ObjectFacts> {
  const { listFiles } = await import('@huggingface/hub');
  const folder = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
  // The client puts them into an address as they are.
  const where = {
    path: folder.split('/').map(encodeURIComponent).join('/'),
    revision: encodeURIComponent(at.revision),
  };
  const found: { order: Buffer; facts: ObjectFacts }[] = [];
  try {
    await asking(at, async () => {
      for await (const file of listFiles({ ...common(at, signal), ...where, recursive: true }))
        if (file.type === 'file' && file.path.startsWith(prefix))
          found.push({ order: Buffer.from(file.path), facts: factsOf(file) });
    });
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code !== 'bucket_not_found' || folder === '') throw error;
    // It may be the folder that is not there.
    await stat(at, folder, { ...(signal && { signal }) });
    return;
  }
  for (const { facts } of found.sort((a, b) => Buffer.compare(a.order, b.order))) yield facts;
}

async function readRange(
  at: At,
  key: string,
  offset: number,
  length: number,
  { of, signal }: Call & { of?: ObjectFacts } = {},
): Promise<Buffer> {
  if (length <= 0) return Buffer.alloc(0);
  const range = `bytes=${String(offset)}-${String(offset + length - 1)}`;
  const answer = await askFor(at, key, { of, signal }, { range });
  try {
    const { status } = answer;
    if (status === 416) return Buffer.alloc(0);
    if (status !== 200 && status !== 206) throw failure(at, status, answer.headers['retry-after']);
    if (status === 206) return await answer.read(length);
    if (of === undefined || of.size > length) at.rangeless.add(key);
    return await answer.read(length, offset);
  } finally {
    answer.close();
  }
}

async function* commits(at: At, { signal }: Call = {}): AsyncGenerator<string> {
  const { listCommits } = await import('@huggingface/hub');
  const all = listCommits({ ...common(at, signal), revision: encodeURIComponent(at.revision) });
  try {
    for (;;) {
      const next = await asking(at, () => all.next());
      if (next.done === true) return;
      yield next.value.oid;
    }
  } finally {
    await all.return(undefined);
  }
}

async function* readWhole(
  at: At,
  key: string,
  { of, signal }: Call & { of?: ObjectFacts } = {},
): AsyncGenerator<Buffer> {
  const answer = await askFor(at, key, { of, signal }, {});
  try {
    if (answer.status !== 200) throw failure(at, answer.status, answer.headers['retry-after']);
    let size = 0;
    for await (const chunk of answer.body) {
      size += chunk.length;
      yield chunk;
    }
    if (of !== undefined && size !== of.size) throw storeError({ status: null, name: 'ECONNRESET' }, at.root, null);
  } finally {
    answer.close();
  }
}

/** Errors: `file_not_found`, `bucket_not_found`. */
async function askFor(
  at: At,
  key: string,
  { of, signal }: { of: ObjectFacts | undefined; signal: AbortSignal | undefined },
  headers: Record<string, string>,
): Promise<WebAnswer> {
  const kind = at.repo.type === 'model' ? '' : `${at.repo.type}s/`;
  const revision = encodeURIComponent(of?.version ?? at.revision);
  const url = `${at.hub}/${kind}${at.repo.name}/resolve/${revision}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const authorization = at.token === undefined ? undefined : `Bearer ${at.token}`;
  const answer = await at.web.ask({ method: 'GET', url, headers, authorization, signal });
  if (answer.status !== 404) return answer;
  answer.close();
  // A repository that is not there any more is no object that is gone.
  if ((await stat(at, key, { version: of?.version ?? null, ...(signal && { signal }) })) !== null)
    throw storeError({ status: 503, name: 'hub' }, at.root, null);
  throw new BenchkeepError('file_not_found', `There is no ${at.root}/${key}`, 'Look at what is there: storage tree.');
}

interface HubFile {
  path: string;
  size: number;
  oid?: string;
  lfs?: { oid: string };
  lastCommit?: { id: string; date: Date | string };
}

/** What is kept as LFS has its SHA-256 as a name; the rest that of git. */
function factsOf({ path, size, oid, lfs, lastCommit }: HubFile): ObjectFacts {
  const sha256 = /^[0-9a-f]{64}$/.test(lfs?.oid ?? '') ? lfs?.oid : undefined;
  return {
    key: path,
    size,
    etag: oid ?? sha256 ?? '',
    version: lastCommit?.id ?? null,
    checksums: sha256 === undefined ? {} : { sha256 },
    modifiedAt: lastCommit === undefined ? null : new Date(lastCommit.date).toISOString(),
  };
}

function common(at: At, signal: AbortSignal | undefined) {
  const told = (status: number, retry: string | null): BenchkeepError => failure(at, status, retry ?? undefined);
  return {
    repo: at.repo,
    hubUrl: at.hub,
    fetch: hfFetch(at.hub, at.web, at.access, told, signal),
    ...(at.token === undefined ? {} : { accessToken: at.token }),
  };
}

async function asking<T>(at: At, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof BenchkeepError) throw error;
    const { statusCode } = error as { statusCode?: unknown };
    throw typeof statusCode === 'number'
      ? failure(at, statusCode)
      : storeError({ status: null, name: 'NetworkingError' }, at.root, null);
  }
}

/** Not that what was asked for in it is not there: that nothing is. */
function noRepository({ root }: At): BenchkeepError {
  return new BenchkeepError(
    'bucket_not_found',
    `There is no ${root}, or not in this revision`,
    'Look at its page: it may have been renamed, made private or deleted. Nothing was changed here.',
    { retry: true },
  );
}

function failure(at: At, status: number, retry?: string): BenchkeepError {
  const { root, token } = at;
  if (status === 404) return noRepository(at);
  if (status === 429) return retryAfter(root, retry);
  if (status === 401 || status === 403) {
    return token === undefined
      ? new BenchkeepError(
          'not_signed_in',
          `${root} is private, asks for agreement to its terms, or is not there`,
          'Check its name. Agree to its terms on its page, then put a token of your account into HF_TOKEN and try again.',
          { retry: true },
        )
      : new BenchkeepError(
          'not_allowed',
          `Your token does not open ${root}`,
          'Agree to its terms on its page with the account of the token (HF_TOKEN), or ask its owner.',
          { retry: true },
        );
  }
  return storeError({ status, name: 'hub' }, root, null);
}

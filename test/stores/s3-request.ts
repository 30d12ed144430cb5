/** What a request to S3 is for, read from its method and address (path style: `/BUCKET/KEY?…`). */
export type S3RequestKind =
  'stat' | 'get' | 'put' | 'delete' | 'list' | 'begin' | 'part' | 'parts' | 'complete' | 'abort' | 'uploads' | 'bucket';

export interface S3Request {
  method: string;
  /** Path and query. */
  url: string;
  kind: S3RequestKind;
  /** Null where it is no part. */
  partNumber: number | null;
}

export function describeRequest(method: string, url: string): S3Request {
  const { pathname, searchParams: query } = new URL(url, 'http://store');
  const part = query.get('partNumber');
  return { method, url, kind: kindOf(method, pathname, query), partNumber: part === null ? null : Number(part) };
}

function kindOf(method: string, path: string, query: URLSearchParams): S3RequestKind {
  if (query.has('uploadId')) {
    if (method === 'PUT') return 'part';
    if (method === 'POST') return 'complete';
    return method === 'DELETE' ? 'abort' : 'parts';
  }
  if (query.has('uploads')) return method === 'POST' ? 'begin' : 'uploads';
  if (query.has('list-type')) return 'list';
  if (/^\/[^/]+\/?$/.test(path)) return 'bucket';
  if (method === 'HEAD') return 'stat';
  if (method === 'GET') return 'get';
  return method === 'DELETE' ? 'delete' : 'put';
}

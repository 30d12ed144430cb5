/** A bucket that has a long list and nothing else. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface LongList {
  endpoint: string;
  /** Of each page that was asked for: how many objects, at most. */
  pages: number[];
  close(): void;
}

/** Answers lists of `total` objects, as S3 does. */
export async function startList(total: number): Promise<LongList> {
  const pages: number[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const isList = searchParams.get('list-type') === '2';
    const isBucket = request.method === 'HEAD' && pathname.split('/').length < 3;
    response.writeHead(isList || isBucket ? 200 : 404, {
      'x-amz-bucket-region': 'eu-north-1',
      'content-type': 'application/xml',
    });
    const from = Number(searchParams.get('continuation-token') ?? 0);
    const most = Number(searchParams.get('max-keys') ?? 1000);
    if (isList) pages.push(most);
    if (isList) response.end(pageOf(total, from, most));
    else response.end(request.method === 'HEAD' ? undefined : '<Error><Code>NoSuchKey</Code></Error>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    pages,
    endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function pageOf(total: number, from: number, most: number): string {
  const contents = Array.from({ length: Math.min(most, total - from) }, (_, i) => {
    const [run, n] = [Math.floor((from + i) / 100), (from + i) % 100].map(String);
    const key = `many/run-${(run ?? '').padStart(5, '0')}/${(n ?? '').padStart(3, '0')}.csv`;
    const etag = (from + i).toString(16).padStart(32, '0');
    return `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>10</Size></Contents>`;
  });
  const isMore = from + most < total;
  const next = isMore ? `<NextContinuationToken>${String(from + most)}</NextContinuationToken>` : '';
  return `<?xml version="1.0"?><ListBucketResult><Name>big</Name><IsTruncated>${String(isMore)}</IsTruncated>${next}<EncodingType>url</EncodingType>${contents.join('')}</ListBucketResult>`;
}

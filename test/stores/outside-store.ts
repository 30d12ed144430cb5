/** A store as somebody sees it who is not Benchkeep: with the maker's client, or by plain requests. */
import { GetObjectCommand, ListMultipartUploadsCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';

export type StoreKind = 's3' | 'gs';

/** What says where it is, to another process too. */
export interface StorePlace {
  kind: StoreKind;
  endpoint: string;
  bucket: string;
  /** How to sign in, for the program and for whoever looks. */
  env: Record<string, string>;
}

export interface OutsideStore extends StorePlace {
  /** Of a storage in a folder of the bucket, as a person gives it; another endpoint than its own for a proxy. */
  root(folder: string, endpoint?: string): string;
  /** All bytes of an object, or null. Keys are those of the bucket. */
  object(key: string): Promise<Buffer | null>;
  keys(prefix: string): Promise<string[]>;
  /** Keys of uploads that were begun and not ended; none where the store lists none. */
  unfinished(prefix: string): Promise<string[]>;
  close(): void;
}

export function outsideStore(place: StorePlace): OutsideStore {
  return place.kind === 's3' ? outsideS3(place) : outsideGcs(place);
}

function outsideS3(place: StorePlace): OutsideStore {
  const { endpoint, bucket: Bucket, env } = place;
  const client = new S3Client({
    endpoint,
    forcePathStyle: true,
    region: env['AWS_REGION'] ?? '',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  });
  return {
    ...place,
    root: (folder, at = endpoint) => `s3://${Bucket}/${folder}?endpoint_url=${at}`,
    async object(Key) {
      try {
        const answer = await client.send(new GetObjectCommand({ Bucket, Key }));
        return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return null;
        throw error;
      }
    },
    async keys(Prefix) {
      const found: string[] = [];
      for await (const { Contents: page = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix }))
        found.push(...page.map(({ Key = '' }) => Key));
      return found;
    },
    async unfinished(Prefix) {
      const { Uploads: found = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
      return found.map(({ Key = '' }) => Key);
    },
    close() {
      client.destroy();
    },
  };
}

const listed = z.object({
  items: z.array(z.object({ name: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

function outsideGcs(place: StorePlace): OutsideStore {
  const { endpoint, bucket } = place;
  const objects = `${endpoint}/storage/v1/b/${bucket}/o`;
  async function ask(address: string): Promise<Response | null> {
    const answer = await fetch(address);
    if (answer.ok) return answer;
    const said = await answer.text();
    if (answer.status === 404) return null;
    throw new Error(`${address}: ${said}`);
  }
  return {
    ...place,
    root: (folder, at = endpoint) => `gs://${bucket}/${folder}?api_endpoint=${at}`,
    async object(key) {
      const answer = await ask(`${objects}/${encodeURIComponent(key)}?alt=media`);
      return answer === null ? null : Buffer.from(await answer.arrayBuffer());
    },
    async keys(prefix) {
      const found: string[] = [];
      for (let next: string | undefined = ''; next !== undefined;) {
        const query: string = next === '' ? '' : `&pageToken=${encodeURIComponent(next)}`;
        const answer = await ask(`${objects}?prefix=${encodeURIComponent(prefix)}${query}`);
        const page: z.output<typeof listed> = answer === null ? { items: [] } : listed.parse(await answer.json());
        found.push(...page.items.map(({ name }) => name));
        next = page.nextPageToken;
      }
      return found;
    },
    // It tells nobody which there are, and forgets them after a week.
    unfinished: () => Promise.resolve([]),
    close: () => undefined,
  };
}

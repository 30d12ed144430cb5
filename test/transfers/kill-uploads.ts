/** Kills uploads at failpoints that a whole one hits, and looks what an upload that is asked for again makes of it. */
import { GetObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { S3Server } from '../stores/start-s3.ts';
import { openUpload } from './upload-bench.ts';

/** Of a file that goes in one request, and of one in three parts. */
const SIZES = { small: 20_000, large: 40 * 1024 ** 2 };

/** Its bytes, or null. */
export async function objectOf({ admin, bucket }: S3Server, folder: string, uid: string): Promise<Buffer | null> {
  try {
    const answer = await admin.send(new GetObjectCommand({ Bucket: bucket, Key: `${folder}/.lamindb/${uid}.fcs` }));
    return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return null;
    throw error;
  }
}

/** What was found wrong at every `step`th point. */
export async function killUploads(server: S3Server, step: number): Promise<string[]> {
  const found: string[] = [];
  let folders = 0;
  for (const [name, size] of Object.entries(SIZES)) {
    const begin = () => {
      const folder = `kill-${name}-${String(folders++)}`;
      const root = `s3://${server.bucket}/${folder}?endpoint_url=${server.endpoint}`;
      return openUpload(root, { ...server.env }, size).then((bench) => ({ bench, folder }));
    };
    const traced = await begin();
    const points = await traced.bench.trace();
    found.push(
      ...traced.bench.judge(await objectOf(server, traced.folder, traced.bench.uid)).map((one) => `${name}: ${one}`),
    );
    await traced.bench.close();
    const chosen = points.filter((_, n) => n % step === 0);
    let missed = 0;
    for (const point of chosen) {
      const { bench, folder } = await begin();
      const { signal } = await bench.upload(point);
      // When the registry is published, and how often, differs a little: not each run comes by each point.
      if (signal !== 'SIGKILL') missed += 1;
      const wrong: string[] = [];
      const again = await bench.upload();
      if (again.code !== 0) wrong.push(`not done again: ${again.err}`);
      wrong.push(...bench.judge(await objectOf(server, folder, bench.uid)), ...(await unfinished(server, folder)));
      found.push(...wrong.map((one) => `${name}, ${point}: ${one}`));
      for (const one of wrong) console.info(`${name}, ${point}: ${one}`);
      await bench.close();
    }
    if (missed > chosen.length / 4)
      found.push(`${name}: ${String(missed)} of ${String(chosen.length)} were not killed`);
    console.info(`${name}: ${String(chosen.length)} of ${String(points.length)} points`);
  }
  return found;
}

async function unfinished({ admin, bucket }: S3Server, folder: string): Promise<string[]> {
  const { Uploads: uploads = [] } = await admin.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: folder }),
  );
  return uploads.map(({ Key: key }) => `unfinished upload of ${key ?? ''}`);
}

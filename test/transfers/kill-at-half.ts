/** Kills an upload of one file when half of its bytes came to the store, and counts what comes until it is there. */
import type { Uploads } from '../../src-main/storage/objects/object-store.ts';
import { openS3At } from '../stores/use-s3.ts';
import { startCountingFront } from '../stores/counting-front.ts';
import type { OutsideStore } from '../stores/outside-store.ts';
import { objectOf } from './kill-uploads.ts';
import { openUpload } from './upload-bench.ts';

/** Bytes that are no content: what is said of the requests. */
const WORDS = 1024 ** 2;

export interface AtHalf {
  /** Bytes that came to the store before and after. */
  before: number;
  after: number;
  /** Of content that may come twice: a part for each that is sent at once; and for all that is said besides. */
  most: number;
  signal: NodeJS.Signals | null;
  wrong: string[];
}

/** In which parts a file of that size goes to a store in S3, and how many of them at once. */
export async function planOf(store: OutsideStore, size: number): Promise<ReturnType<Uploads['plan']>> {
  const one = await openS3At(store.root('plan'), store.env);
  try {
    return one.uploads.plan(size);
  } finally {
    one.close();
  }
}

export async function killAtHalf(store: OutsideStore, size: number): Promise<AtHalf> {
  const front = await startCountingFront(store.endpoint);
  const folder = `half-${String(size)}`;
  const bench = await openUpload(store.root(folder, front.endpoint), store.env, size);
  const { partSize, parallel } = await planOf(store, size);
  try {
    front.bytes = 0;
    const { child, ended } = bench.cli.start('upload', 'a.fcs');
    await Promise.race([front.reached(size / 2), ended]);
    child.kill('SIGKILL');
    const { signal } = await ended;
    const before = front.bytes;
    const wrong: string[] = [];
    const { code, err } = await bench.upload();
    if (code !== 0) wrong.push(`not done again: ${err}`);
    wrong.push(...bench.judge(await objectOf(store, folder, bench.uid)));
    return { before, after: front.bytes - before, most: size + parallel * partSize + WORDS, signal, wrong };
  } finally {
    await bench.close();
    await front.stop();
  }
}

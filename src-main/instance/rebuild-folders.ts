/**
 * What can be told of a folder artifact where no record is left of it (`faults.md`, F-AP09): in a bucket by its manifest,
 * which is put there last; in a folder by reading all of it.
 */
import { createHash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { hashFolder, HASH_TYPES } from '../../shared/hash-encoding.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { giveWay } from '../ports/give-way.ts';
import { OWN_FOLDER, wordsOfObject, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import { folderFiles } from '../storage/folder-files.ts';
import { manifestLine } from '../storage/folder-manifest.ts';
import { hashesOf } from './hash-content.ts';

interface FoundFolder {
  size: number;
  nFiles: number;
  hash: string | null;
  hashType: string | null;
  sha256: string;
}

/** Bytes of one request. */
const CHUNK = 8 * 1024 ** 2;

/** Null where its manifest is none, or is of an empty folder. */
export async function folderInStore(
  store: ObjectStore,
  uid: string,
): Promise<(FoundFolder & { key: string | null }) | null> {
  const facts = await store.stat(`${OWN_FOLDER}/manifests/${uid}.tsv.gz`);
  const content = facts === null ? null : await readManifestOf(store, facts);
  if (content === null || content.nFiles === 0) return null;
  const words = wordsOfObject(facts?.metadata);
  // Of another folder, or of an older manifest: its own bytes tell more.
  const own = words?.uid === uid && words.sha256 === content.sha256 ? words : null;
  return { ...content, key: own?.key ?? null, hash: own?.hash ?? null, hashType: own?.hashType ?? null };
}

async function readManifestOf(
  store: ObjectStore,
  facts: ObjectFacts,
): Promise<Pick<FoundFolder, 'size' | 'nFiles' | 'sha256'> | null> {
  const gunzip = createGunzip();
  const reading = count(gunzip);
  reading.catch(() => undefined);
  try {
    for (let offset = 0; offset < facts.size; offset += CHUNK) {
      const bytes = await store.readRange(facts.key, offset, CHUNK, { of: facts });
      if (!gunzip.write(bytes)) await Promise.race([new Promise((resolve) => gunzip.once('drain', resolve)), reading]);
    }
    gunzip.end();
    return await reading;
  } catch (error) {
    if (error instanceof BenchkeepError) throw error;
    // Not gzip, or not all of it.
    return null;
  } finally {
    gunzip.destroy();
  }
}

async function count(chunks: AsyncIterable<Buffer>): Promise<Pick<FoundFolder, 'size' | 'nFiles' | 'sha256'>> {
  const sum = createHash('sha256');
  const turn = giveWay();
  let [size, nFiles, rest] = [0, 0, ''];
  for await (const chunk of chunks) {
    sum.update(chunk);
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      size += Number(line.split('\t')[1]);
      nFiles++;
    }
    await turn();
  }
  if (rest !== '' || !Number.isSafeInteger(size)) throw new Error('no manifest');
  return { size, nFiles, sha256: sum.digest('hex') };
}

/** All of it is read. Null for one without a file in it. */
export async function folderInPlace(
  fs: Pick<Fs, 'look' | 'readFolder' | 'readRange'>,
  folder: RawPath,
): Promise<FoundFolder | null> {
  const manifest = createHash('sha256');
  const hashes: string[] = [];
  let size = 0;
  for await (const path of folderFiles(fs, folder, () => undefined)) {
    const file = joinRaw(folder, path);
    const facts = await fs.look(file);
    if (facts === null) continue;
    const { hash, sha256 } = await hashesOf(fs, file, facts.size);
    manifest.update(manifestLine({ path, size: facts.size, sha256 }), 'latin1');
    hashes.push(hash);
    size += facts.size;
  }
  if (hashes.length === 0) return null;
  const md5 = (content: string | Uint8Array): Buffer => createHash('md5').update(content).digest();
  const found = { size, nFiles: hashes.length, sha256: manifest.digest('hex') };
  return { ...found, hash: hashFolder(hashes, md5), hashType: HASH_TYPES.folder };
}

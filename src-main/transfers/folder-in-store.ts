/**
 * How a folder artifact lies in a store: each file of it as an object below `.lamindb/<uid><suffix>/`, and its manifest,
 * which is put there last, at `.lamindb/manifests/<uid>.tsv.gz`. Without the manifest the folder is not there.
 */
import { createHash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { BenchkeepError } from '../../shared/errors.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawToBytes, rawToDisplay, rawToText, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { readManifest } from '../storage/folder-manifest.ts';
import { cloudRootOf, objectSlices, OWN_FOLDER, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import { isPlainPath } from '../storage/objects/object-members.ts';
import { giveWay } from '../ports/give-way.ts';
import type { TransferRow } from '../workstation/schema.ts';

/** Bytes of a whole key; S3 and Google Cloud Storage take no longer ones. */
const LONGEST_KEY = 1024;

/** True for the upload of a whole folder. */
export function isOfFolder({ facts }: Pick<TransferRow, 'facts'>): boolean {
  return (JSON.parse(facts) as FileFacts | null)?.kind === 'folder';
}

/** Key of a member; only for paths that `refuseUnkeepable` let through. */
export function memberKey(folder: string, path: RawPath): string {
  const name = rawToBytes(path).toString('utf8');
  return folder === '' ? name : `${folder}/${name}`;
}

export function manifestKey(uid: string): string {
  return `${OWN_FOLDER}/manifests/${uid}.tsv.gz`;
}

/** Error: `invalid_key` for the first name in the folder that no store keeps as it is, or gives back on every computer. */
export async function refuseUnkeepable(
  { manifest, folder }: { manifest: RawPath; folder: string },
  storage: StorageRow,
  signal: AbortSignal,
): Promise<void> {
  const prefix = cloudRootOf(storage)?.prefix ?? '';
  const lead = Buffer.byteLength(prefix === '' ? `${folder}/` : `${prefix}/${folder}/`);
  const turn = giveWay(signal);
  for await (const { path } of readManifest(manifest)) {
    await turn();
    const reason = whyUnkeepable(path, lead);
    if (reason !== null) throw unkeepable(path, reason);
  }
}

function whyUnkeepable(path: RawPath, lead: number): string | null {
  const text = rawToText(path);
  if (text === null)
    return 'its name is not valid UTF-8: it has characters that no text has, and names in a bucket are text';
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'its name has control characters in it, which not every store keeps';
  if (!isPlainPath(text)) return 'its name has a backslash in it, or looks like a Windows drive';
  if (lead + path.length > LONGEST_KEY)
    return `its name would be ${String(lead + path.length)} bytes long there, and a bucket takes ${String(LONGEST_KEY)}`;
  return null;
}

function unkeepable(path: RawPath, reason: string): BenchkeepError {
  return new BenchkeepError(
    'invalid_key',
    `The folder can't be kept in a bucket as it is: ${rawToDisplay(path)}: ${reason}`,
    'Nothing was sent. Rename that file, which makes a new version of the folder, or pack the folder into one file (tar, zip).',
  );
}

/** Sha256 (hex) of a manifest in a store, of its `text`, which is that of the folder, and as it lies there; null where it is none. */
export async function digestOfManifest(
  store: ObjectStore,
  facts: ObjectFacts,
  signal: AbortSignal,
): Promise<{ text: string; bytes: string } | null> {
  const hash = createHash('sha256');
  const whole = createHash('sha256');
  const gunzip = createGunzip();
  const read = (async (): Promise<void> => {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) hash.update(chunk);
  })();
  read.catch(() => undefined);
  try {
    for await (const bytes of objectSlices(store, facts, signal)) {
      whole.update(bytes);
      if (!gunzip.write(bytes)) await Promise.race([new Promise((resolve) => gunzip.once('drain', resolve)), read]);
    }
    gunzip.end();
    await read;
    return { text: hash.digest('hex'), bytes: whole.digest('hex') };
  } catch (error) {
    if (error instanceof BenchkeepError) throw error;
    // Not gzip, or not all of it.
    return null;
  } finally {
    gunzip.destroy();
  }
}

/** Verifies a copy in a store by reading all of it back. */
import { BenchkeepError } from '../../shared/errors.ts';
import { HASH_TYPES } from '../../shared/hash-encoding.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawToBytes } from '../ports/fs/raw-path.ts';
import { objectOfCopy, storeOf } from '../storage/index.ts';
import { hashOfObject } from '../storage/objects/object-hash.ts';
import { readObject } from '../storage/objects/read-object.ts';
import type { CopyToVerify, Finding, VerifyTools } from './verify-artifacts.ts';
import { verifyObjectFolder } from './verify-object-folder.ts';

/**
 * A checksum that is known is compared with that of the bytes. Of content that was registered where it is, and never
 * read, what the store says of it now and then is compared, and its SHA-256 is known from now on.
 */
export async function verifyObject(context: InstanceContext, copy: CopyToVerify, tools: VerifyTools): Promise<Finding> {
  const { artifact, storage, below } = copy;
  try {
    const store = await storeOf(context, storage);
    const { key, version } = objectOfCopy(storage, { path: rawToBytes(below) });
    if (artifact.n_files !== null) return await verifyObjectFolder(context, store, { ...copy, key }, tools);
    const facts = await store.stat(key, { signal: tools.signal, version });
    if (facts === null) return { kind: 'unknown', reason: 'The object is not there.' };
    const [size, expected] = [String(facts.size), String(artifact.size)];
    if (facts.size !== artifact.size)
      return { kind: 'differs', reason: `The object has ${size} bytes instead of ${expected}.` };
    const { sha256, md5 } = await readObject(store, facts, tools);
    if (artifact.sha256 === sha256) return { kind: 'same' };
    const other = 'The bytes of the object are not those that were recorded.';
    if (artifact.sha256 !== null) return { kind: 'differs', reason: other };
    const now = hashOfObject(store.kind, facts);
    if (now.hash !== artifact.hash || now.hashType !== artifact.hash_type)
      return {
        kind: 'differs',
        reason: 'The object was replaced: its store says of it what it says of other content.',
      };
    const isMd5 = artifact.hash_type === HASH_TYPES.whole && facts.checksums.md5 !== undefined;
    if (isMd5 && facts.checksums.md5 !== md5) return { kind: 'differs', reason: other };
    const compared = isMd5
      ? 'its size and MD5 with its bytes'
      : `its size and what its store calls its content (${artifact.hash_type ?? ''})`;
    return {
      kind: 'same',
      sha256,
      note: `It was read for the first time: ${compared} were compared. Its SHA-256 is known from now on.`,
    };
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code === 'cancelled') throw error;
    return { kind: 'unknown', reason: `${error.message}. ${error.remedy}` };
  }
}

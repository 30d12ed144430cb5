/** Verifies a copy in a store by reading all of it back. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { storeOf } from '../storage/index.ts';
import { hashObject } from '../transfers/index.ts';
import type { CopyToVerify, Finding, VerifyTools } from './verify-artifacts.ts';

export async function verifyObject(
  context: Pick<InstanceContext, 'stores'>,
  { artifact, storage, below }: CopyToVerify,
  { signal, onBytes }: VerifyTools,
): Promise<Finding> {
  try {
    const store = await storeOf(context, storage);
    const facts = await store.stat(below, { signal });
    if (facts === null) return { kind: 'unknown', reason: 'The object is not there.' };
    const [size, expected] = [String(facts.size), String(artifact.size)];
    if (facts.size !== artifact.size)
      return { kind: 'differs', reason: `The object has ${size} bytes instead of ${expected}.` };
    const sha256 = await hashObject(store, facts, signal, onBytes);
    if (artifact.sha256 === null) return { kind: 'same', sha256 };
    if (artifact.sha256 === sha256) return { kind: 'same' };
    return { kind: 'differs', reason: 'The bytes of the object are not those that were recorded.' };
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code === 'cancelled') throw error;
    return { kind: 'unknown', reason: `${error.message}. ${error.remedy}` };
  }
}

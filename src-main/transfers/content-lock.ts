/** What removes or lays down content of this computer does it for one artifact after the other (`faults.md`, F-CA07). */
import type { TransferContext } from './transfer-context.ts';

/** Nobody else fetches, evicts, frees or brings back the content of this artifact meanwhile. Not to be nested. */
export async function whileContentAlone<T>(
  { contentsAtWork }: Pick<TransferContext, 'contentsAtWork'>,
  artifactUid: string,
  work: () => Promise<T>,
): Promise<T> {
  const before = contentsAtWork.get(artifactUid) ?? Promise.resolve();
  const mine = before.then(work, work);
  contentsAtWork.set(artifactUid, mine);
  try {
    return await mine;
  } finally {
    if (contentsAtWork.get(artifactUid) === mine) contentsAtWork.delete(artifactUid);
  }
}

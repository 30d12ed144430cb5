/** Brings an object into its part file in one go, from its beginning: for servers that know no ranges. */
import { createHash } from 'node:crypto';
import { effect } from '../ports/failpoint.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { giveWay } from '../ports/give-way.ts';
import { objectSlices, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import type { FetchTools } from './fetch-ranges.ts';
import type { TransferContext } from './transfer-context.ts';

/** Bytes that are written at once: what comes from the network comes in small pieces. */
const BLOCK = 1024 ** 2;

/** Its sha256 (hex); what is written is not durable yet. Errors: `file_changed`; those of the store and disk. */
export async function fetchWhole(
  { fs }: Pick<TransferContext, 'fs'>,
  { store, object, part }: { store: ObjectStore; object: ObjectFacts; part: RawPath },
  { signal, onBytes }: FetchTools,
): Promise<string> {
  const hash = createHash('sha256');
  let [written, waiting]: [number, Buffer[]] = [0, []];
  let size = 0;
  const turn = giveWay(signal);
  const write = async (): Promise<void> => {
    const block = Buffer.concat(waiting);
    [waiting, size] = [[], 0];
    hash.update(block);
    await fs.writePart(part, written, block);
    written += block.length;
    onBytes(written);
    await turn();
  };
  await effect('store.read', async () => {
    for await (const bytes of objectSlices(store, object, signal)) {
      waiting.push(bytes);
      size += bytes.length;
      if (size >= BLOCK) await write();
    }
    if (size > 0) await write();
  });
  return hash.digest('hex');
}

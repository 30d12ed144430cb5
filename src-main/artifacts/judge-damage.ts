/**
 * Tells damage from an ordinary change: other bytes though nothing was written since they were right (the file system
 * tells the same size, times and inode) are the disk's doing, and no new version.
 */
import type { InstanceContext } from '../instance/index.ts';
import { lastTouched, type FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawToBytes, splitRaw } from '../ports/fs/raw-path.ts';
import type { CopyToVerify, Finding } from './verify-artifacts.ts';

/** Ms by which the file system's clock may be behind ours. */
const CLOCK_STEP = 10;

type Differs = Extract<Finding, { kind: 'differs' }>;

/** The finding, with the words for damage where it is that. */
export async function judgeDamage(
  context: Pick<InstanceContext, 'workstation' | 'fs'>,
  copy: Pick<CopyToVerify, 'storage' | 'below' | 'path' | 'verifiedAt' | 'artifact' | 'id'>,
  finding: Differs,
): Promise<Differs> {
  const facts = finding.facts ?? (await factsOfInner(context, copy, finding));
  if (facts === null || !(await isUntouched(context, copy, facts, finding.file === undefined))) return finding;
  const what = finding.reason.replace(/\.$/, '');
  return {
    ...finding,
    damaged: true,
    reason: `damaged: ${what}, though nothing was written to it. Put it back from a copy or a backup; it is looked at again then.`,
  };
}

async function factsOfInner(
  { fs }: Pick<InstanceContext, 'fs'>,
  { path }: Pick<CopyToVerify, 'path'>,
  { file }: Differs,
): Promise<FileFacts | null> {
  return path === null || file === undefined ? null : fs.look(joinRaw(path, file));
}

/** As in the inventory; what is not in it was not touched since it was found right. */
async function isUntouched(
  { workstation }: Pick<InstanceContext, 'workstation'>,
  copy: Pick<CopyToVerify, 'storage' | 'below' | 'verifiedAt' | 'artifact' | 'id'>,
  facts: FileFacts,
  isWhole: boolean,
): Promise<boolean> {
  const { folder, name } = splitRaw(copy.below);
  const known = isWhole
    ? await workstation.db
        .selectFrom('inventory')
        .select(['size', 'mtime_ns', 'ctime_ns', 'ino'])
        .where('storage_uid', '=', copy.storage.uid)
        .where('folder', '=', rawToBytes(folder))
        .where('name', '=', rawToBytes(name))
        .where('artifact_uid', '=', copy.artifact.uid)
        .executeTakeFirst()
    : undefined;
  if (known !== undefined) {
    const { size, mtime_ns, ctime_ns, ino } = known;
    return size === facts.size && mtime_ns === facts.mtimeNs && ctime_ns === facts.ctimeNs && ino === facts.ino;
  }
  const scrubbed = await workstation.db
    .selectFrom('scrubbed')
    .select('verified_at')
    .where('copy_id', '=', copy.id)
    .where('artifact_uid', '=', copy.artifact.uid)
    .executeTakeFirst();
  const times = [copy.verifiedAt, scrubbed?.verified_at ?? null].flatMap((at) => (at === null ? [] : [Date.parse(at)]));
  return times.length > 0 && lastTouched(facts) + CLOCK_STEP <= Math.max(...times);
}

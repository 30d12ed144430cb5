/** What was found damaged stays in the inbox until its bytes are found right again. */
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { DAMAGED, inboxStatements } from '../workstation/inbox-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import type { CopyToVerify, Finding } from './verify-artifacts.ts';

const NO_FACTS: FileFacts = { kind: 'file', size: 0, mtimeNs: '0', ctimeNs: '0', dev: '0', ino: '0' };

/** After the registry: if the program dies in between, the copy is read and found once more. */
export async function noteDamaged(
  context: Pick<InstanceContext, 'registry' | 'workstation' | 'clock' | 'onWatching'>,
  copies: readonly Pick<CopyToVerify, 'storage' | 'below'>[],
  found: ReadonlyMap<unknown, Finding>,
): Promise<void> {
  const { workstation } = context;
  if (context.registry.readonly) return;
  const { find, put, remove } = inboxStatements(workstation);
  const isNoted = ({ storage, below }: Pick<CopyToVerify, 'storage' | 'below'>): boolean =>
    find(storage.uid, below)?.cause === DAMAGED;
  const right = copies.filter((copy) => found.get(copy)?.kind === 'same' && isNoted(copy));
  const damaged = copies.flatMap<{ copy: (typeof copies)[number]; finding: Exclude<Finding, { kind: 'same' }> }>(
    (copy) => {
      const finding = found.get(copy);
      if (finding?.kind === 'differs' && finding.damaged === true) return [{ copy, finding }];
      return finding?.kind === 'unknown' && finding.unreadable === true ? [{ copy, finding }] : [];
    },
  );
  if (right.length + damaged.length === 0) return;
  await writeWorkstation(workstation, () => {
    for (const { storage, below } of right) remove(storage.uid, below);
    for (const { copy, finding } of damaged) {
      const { reason } = finding;
      const facts = (finding.kind === 'differs' ? finding.facts : undefined) ?? NO_FACTS;
      put(copy.storage.uid, {
        path: copy.below,
        facts,
        state: 'failed',
        cause: DAMAGED,
        reason: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}`,
        since: context.clock.now(),
        next: null,
        attempts: 1,
      });
    }
  });
  context.onWatching('inbox');
}

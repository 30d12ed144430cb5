/** `verify`: re-reads content against its checksum, and checks the registry. */
import type { JobProgress, VerifyInput, VerifyResult } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { findArtifacts } from './find-artifact.ts';
import { refuseIfStopped } from './save-artifacts.ts';
import { verifyContent } from './verify-content.ts';
import { verifyRegistry } from './verify-registry.ts';

const PAGE = 500;

/** Yields progress. What lies in the trash is verified only by name. Errors: `not_found`, `ambiguous`, `cancelled`. */
export async function* verify(
  context: InstanceContext,
  input: VerifyInput,
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, VerifyResult> {
  const result: VerifyResult = { checked: 0, ok: 0, failed: [] };
  const named = await findArtifacts(context.registry.db, input.artifacts);
  const progress = { items: 0, items_total: input.all ? null : named.length, bytes: 0, bytes_total: null };
  for await (const artifact of input.all ? everyArtifact(context) : named) {
    refuseIfStopped(signal);
    yield { ...progress, file: artifact.key };
    const failures = await verifyContent(context, artifact, {
      onBytes: (bytes) => (progress.bytes += bytes),
      ...(signal === undefined ? {} : { signal }),
    });
    progress.items += 1;
    result.checked += 1;
    if (failures.length === 0) result.ok += 1;
    result.failed.push(...failures);
  }
  if (input.registry) {
    yield { ...progress, file: 'registry' };
    const problems = await verifyRegistry(context.registry);
    result.checked += 1;
    if (problems.length === 0) result.ok += 1;
    const path = rawToDisplay(context.registry.path);
    result.failed.push(...problems.map((reason) => ({ uid: 'registry', path, reason })));
  }
  return result;
}

/** Read in pages, so that a million records take no memory. Old versions without content of their own are left out. */
async function* everyArtifact({ registry }: InstanceContext): AsyncGenerator<ArtifactRow> {
  for (let last = 0; ;) {
    const rows = await registry.db
      .selectFrom('artifact')
      .selectAll()
      .where('id', '>', last)
      .where('visibility', '!=', -1)
      .where((eb) => eb.or([eb('state', '!=', 'missing'), eb('state_reason', 'is not', 'overwritten')]))
      .orderBy('id')
      .limit(PAGE)
      .execute();
    yield* rows;
    if (rows.length < PAGE) return;
    last = rows.at(-1)?.id ?? last;
  }
}

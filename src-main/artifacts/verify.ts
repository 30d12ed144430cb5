/** `verify`: re-reads content against its checksum, and checks the registry. */
import type { JobProgress, VerifyInput, VerifyResult } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { findArtifacts } from './find-artifact.ts';
import { refuseIfStopped, tellProgress, type JobTools } from './tell-progress.ts';
import { verifyArtifacts, type VerifyTools } from './verify-artifacts.ts';
import { verifyRegistry } from './verify-registry.ts';

/** Artifacts of one reading and one transaction. */
const PAGE = 100;

/** Yields progress. What lies in the trash is verified only by name. Errors: `not_found`, `ambiguous`, `cancelled`. */
export function verify(
  context: InstanceContext,
  input: VerifyInput,
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, VerifyResult> {
  return tellProgress(context.clock, signal, (job) => verifyAll(context, input, job));
}

async function verifyAll(context: InstanceContext, input: VerifyInput, job: JobTools): Promise<VerifyResult> {
  const { signal, progress } = job;
  const result: VerifyResult = { checked: 0, ok: 0, failed: [] };
  const named = await findArtifacts(context.registry.db, input.artifacts);
  const pages = input.all ? everyArtifact(context) : inPages(named);
  if (!input.all) progress.items_total = named.length;
  const notes: NonNullable<VerifyResult['notes']> = [];
  const tools: VerifyTools = {
    signal,
    onBytes: (bytes) => (progress.bytes += bytes),
    onNote: (note) => notes.push(note),
  };
  for await (const page of pages) {
    refuseIfStopped(signal);
    progress.file = page[0]?.key ?? null;
    const failed = await verifyArtifacts(context, page, tools);
    const uids = new Set(failed.map(({ uid }) => uid));
    progress.items += page.length;
    result.checked += page.length;
    result.ok += page.filter(({ uid }) => !uids.has(uid)).length;
    result.failed.push(...failed);
  }
  if (input.registry) {
    const path = rawToDisplay(context.registry.path);
    progress.file = path;
    const problems = await verifyRegistry(context, signal);
    result.checked += 1;
    if (problems.length === 0) result.ok += 1;
    result.failed.push(...problems.map((reason) => ({ uid: 'registry', path, reason })));
  }
  return notes.length === 0 ? result : { ...result, notes };
}

function* inPages(rows: readonly ArtifactRow[]): Generator<ArtifactRow[]> {
  for (let i = 0; i < rows.length; i += PAGE) yield rows.slice(i, i + PAGE);
}

/** So that a million records take no memory. Old versions that were overwritten in place have nothing to be read. */
async function* everyArtifact({ registry }: InstanceContext): AsyncGenerator<ArtifactRow[]> {
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
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    last = rows.at(-1)?.id ?? last;
  }
}

import type { Insertable } from 'kysely';
import type { TransferTable } from '../../src-main/workstation/schema.ts';

/** Uploads into one storage, each of an artifact of its own: first those that are over, then those that wait. */
export function manyTransfers({ over, waiting }: { over: number; waiting: number }): Insertable<TransferTable>[] {
  return Array.from({ length: over + waiting }, (_, n) => ({
    direction: 'upload',
    purpose: 'upload',
    artifact_uid: `artifact${String(n)}`,
    storage_uid: 'storage',
    path: Buffer.from(`.lamindb/${String(n)}.fcs`),
    source: Buffer.from(`/data/run/${String(n)}.fcs`),
    facts: '{}',
    size: n,
    sha256: String(n),
    state: n < over ? 'done' : 'planned',
    created_at: new Date(n).toISOString(),
    updated_at: new Date(n).toISOString(),
  }));
}

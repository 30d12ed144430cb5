/** Copies of moved files and their artifacts, as a transaction finds them. */
import type { Transaction } from 'kysely';
import { rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, CopyRow, RegistryDB, StorageRow } from '../registry/schema.ts';
import type { Move } from './moves.ts';

export interface Found {
  move: Move;
  copy: CopyRow;
  artifact: ArtifactRow;
}

export function groupByStorage(moves: readonly Move[], storageOf: (move: Move) => StorageRow): Map<number, Move[]> {
  const groups = new Map<number, Move[]>();
  for (const move of moves) {
    const { id } = storageOf(move);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [move]);
    else group.push(move);
  }
  return groups;
}

export function copiesAt(
  tx: Transaction<RegistryDB>,
  storageId: number,
  paths: readonly RawPath[],
): Promise<CopyRow[]> {
  return tx
    .selectFrom('copy')
    .selectAll()
    .where('storage_id', '=', storageId)
    .where('path', 'in', paths.map(rawToBytes))
    .execute();
}

export async function artifactsOf(
  tx: Transaction<RegistryDB>,
  copies: readonly CopyRow[],
): Promise<Map<number, ArtifactRow>> {
  if (copies.length === 0) return new Map();
  const rows = await tx
    .selectFrom('artifact')
    .selectAll()
    .where(
      'id',
      'in',
      copies.map(({ artifact_id: id }) => id),
    )
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

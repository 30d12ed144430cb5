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

/** Rows asked for at once. */
const CHUNK = 500;

/** Moves of one storage together, with its id, so many at once as a query takes. */
export function* chunksByStorage(
  moves: readonly Move[],
  storageOf: (move: Move) => StorageRow,
): Generator<[number, Move[]]> {
  for (const [id, ofStorage] of Map.groupBy(moves, (move) => storageOf(move).id))
    for (let i = 0; i < ofStorage.length; i += CHUNK) yield [id, ofStorage.slice(i, i + CHUNK)];
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

/**
 * Brings what is derived from artifacts up to date inside the transaction that changed them: the full-text index, the
 * counts of the filter bar, and from which id on the order of ids is the order of time.
 */
import { sql, type Transaction } from 'kysely';
import { addCounts, countArtifact, countLabel, type CountDeltas } from './facet-counts.ts';
import { keepOrder } from './finding-order.ts';
import type { Registry } from './open-registry.ts';
import { labelsOf, type LabelOfArtifact } from './queries/labels-of.ts';
import type { ArtifactRow, RegistryDB } from './schema.ts';
import { indexText } from './search/index-text.ts';
import { isShown, searchTableOf, searchWriter } from './search/search-index.ts';

/** What a transaction did to artifacts and their labels, in order. */
export interface Touched {
  inserted: ArtifactRow[];
  updated: { before: ArtifactRow; after: ArtifactRow }[];
  removed: ArtifactRow[];
  labelled: { artifactId: number; ulabelId: number; n: 1 | -1 }[];
  renamedLabels: number[];
}

export function emptyTouched(): Touched {
  return { inserted: [], updated: [], removed: [], labelled: [], renamedLabels: [] };
}

/** An artifact before and after the transaction; null: there was none, or there is none any more. */
interface Move {
  before: ArtifactRow | null;
  after: ArtifactRow | null;
}

const CHUNK = 500;

export async function deriveFinding(tx: Transaction<RegistryDB>, registry: Registry, touched: Touched): Promise<void> {
  if (Object.values(touched).every((list: unknown[]) => list.length === 0)) return;
  const moves = movesOf(touched);
  const netLabels = netOf(touched);
  const deltas: CountDeltas = new Map();
  const renamed = await artifactsLabelled(tx, touched.renamedLabels);
  await addUnmoved(tx, moves, [...netLabels.keys(), ...renamed]);

  const withLabels = [...moves].filter(([id, { before }]) => before !== null || netLabels.has(id)).map(([id]) => id);
  const labels = await labelsOf(tx, withLabels);
  const search = searchWriter(registry.sqlite);
  for (const [id, move] of moves) {
    const now = labels.get(id) ?? NO_LABELS;
    countMove(deltas, move, now, netLabels.get(id));
    if (needsIndexing(move, netLabels.has(id) || renamed.has(id))) {
      if (move.before !== null) search.remove(searchTableOf(move.before), id);
      if (move.after !== null)
        search.add(
          searchTableOf(move.after),
          id,
          indexText(
            move.after,
            now.map(({ name }) => name),
          ),
        );
    }
  }
  addCounts(registry.sqlite, deltas);
  await keepOrder(tx, touched);
}

const NO_LABELS: readonly LabelOfArtifact[] = [];

function movesOf(touched: Touched): Map<number, Move> {
  const moves = new Map<number, Move>();
  // The log inserts only the columns it was given; these two have a default.
  for (const row of touched.inserted) moves.set(row.id, { before: null, after: withDefaults(row) });
  for (const { before, after } of touched.updated) {
    const move = moves.get(after.id);
    if (move === undefined) moves.set(after.id, { before, after });
    else move.after = withDefaults(after);
  }
  for (const row of touched.removed) {
    const move = moves.get(row.id);
    if (move === undefined) moves.set(row.id, { before: row, after: null });
    else if (move.before === null) moves.delete(row.id);
    else move.after = null;
  }
  return moves;
}

function withDefaults(row: ArtifactRow): ArtifactRow {
  return (row.visibility as number | undefined) === undefined ? { ...row, visibility: 1 } : row;
}

/** Labels that came (1) and went (-1), by artifact. */
function netOf(touched: Touched): Map<number, Map<number, number>> {
  const net = new Map<number, Map<number, number>>();
  for (const { artifactId, ulabelId, n } of touched.labelled) {
    const ofArtifact = net.get(artifactId) ?? new Map<number, number>();
    net.set(artifactId, ofArtifact.set(ulabelId, (ofArtifact.get(ulabelId) ?? 0) + n));
  }
  return net;
}

async function artifactsLabelled(tx: Transaction<RegistryDB>, ulabelIds: readonly number[]): Promise<Set<number>> {
  if (ulabelIds.length === 0) return new Set();
  const rows = await tx
    .selectFrom('artifact_ulabel')
    .select('artifact_id')
    .where('ulabel_id', 'in', [...new Set(ulabelIds)])
    .execute();
  return new Set(rows.map((row) => row.artifact_id));
}

/** Artifacts that did not change themselves, but whose labels did. */
async function addUnmoved(
  tx: Transaction<RegistryDB>,
  moves: Map<number, Move>,
  ids: readonly number[],
): Promise<void> {
  const missing = [...new Set(ids)].filter((id) => !moves.has(id));
  for (let i = 0; i < missing.length; i += CHUNK) {
    const rows = await tx
      .selectFrom('artifact')
      .selectAll()
      .where('id', 'in', missing.slice(i, i + CHUNK))
      .execute();
    for (const row of rows) moves.set(row.id, { before: row, after: row });
  }
}

function countMove(
  deltas: CountDeltas,
  { before, after }: Move,
  now: readonly LabelOfArtifact[],
  net?: Map<number, number>,
): void {
  if (before !== after) {
    if (before !== null) countArtifact(deltas, before, -1);
    if (after !== null) countArtifact(deltas, after, 1);
  }
  const wasShown = before !== null && isShown(before);
  const shown = after !== null && isShown(after);
  if (shown) for (const { id } of now) countLabel(deltas, id, 1);
  if (!wasShown) return;
  for (const { id } of now) if ((net?.get(id) ?? 0) <= 0) countLabel(deltas, id, -1);
  for (const [id, n] of net ?? []) if (n < 0) countLabel(deltas, id, -1);
}

function needsIndexing({ before, after }: Move, labelsChanged: boolean): boolean {
  if (before === null || after === null || labelsChanged) return true;
  return (
    searchTableOf(before) !== searchTableOf(after) ||
    before.key !== after.key ||
    before.description !== after.description
  );
}

/** Makes everything derived anew from the tables, for repair. Takes about half a minute for a million artifacts. */
export async function rebuildFinding(registry: Registry): Promise<void> {
  registry.guard.check();
  try {
    await registry.db.transaction().execute((tx) => deriveAnew(tx, registry));
  } catch (error) {
    throw registry.guard.translate(error);
  }
}

async function deriveAnew(tx: Transaction<RegistryDB>, registry: Registry): Promise<void> {
  searchWriter(registry.sqlite).clear();
  await tx.deleteFrom('facet_count').execute();
  await tx.deleteFrom('finding').execute();
  const deltas: CountDeltas = new Map();
  for (let last = 0; ;) {
    const rows = await tx
      .selectFrom('artifact')
      .selectAll()
      .where('id', '>', last)
      .orderBy('id')
      .limit(CHUNK)
      .execute();
    if (rows.length === 0) break;
    const labels = await labelsOf(
      tx,
      rows.map(({ id }) => id),
    );
    for (const row of rows) {
      const now = labels.get(row.id) ?? NO_LABELS;
      countMove(deltas, { before: null, after: row }, now);
      searchWriter(registry.sqlite).add(
        searchTableOf(row),
        row.id,
        indexText(
          row,
          now.map(({ name }) => name),
        ),
      );
      last = row.id;
    }
    await keepOrder(tx, { inserted: rows, updated: [] });
  }
  addCounts(registry.sqlite, deltas);
  await sql`INSERT INTO search_shown (search_shown) VALUES ('optimize')`.execute(tx);
  await sql`INSERT INTO search_other (search_other) VALUES ('optimize')`.execute(tx);
}

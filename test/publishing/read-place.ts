/** What is published in a folder, as it lies there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { placeState, type PlaceState } from '../../src-main/storage/published/place-state.ts';

/** The record that counts. */
export function recordIn(root: string): PlaceState {
  const folder = join(root, '.lamindb/_exclusion');
  const last = readdirSync(folder).sort().at(-1) ?? '';
  return placeState.parse(JSON.parse(readFileSync(join(folder, last), 'utf8')));
}

export function snapshotIn(root: string): string {
  return join(root, '.lamindb/benchkeep.db');
}

/** Names of the labels in the snapshot, sorted. */
export function labelsIn(root: string): string[] {
  const db = new Database(snapshotIn(root), { readonly: true });
  try {
    return db.prepare<[], string>('SELECT name FROM ulabel ORDER BY name').pluck().all();
  } finally {
    db.close();
  }
}

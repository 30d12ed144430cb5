/** Brings what is derived from artifacts up to date inside the transaction that changed them. */
import type { Transaction } from 'kysely';
import type { Registry } from './open-registry.ts';
import type { ArtifactRow, RegistryDB } from './schema.ts';

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

export async function deriveFinding(_tx: Transaction<RegistryDB>, _registry: Registry, _touched: Touched): Promise<void> {}

/** One record of the fake engine, also of an older version. */
import type { ArtifactRecord } from '../../../shared/contract/index.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { World } from './world.ts';

export function find(world: World, uid: string): ArtifactRecord {
  const row = world.artifacts.find((artifact) => artifact.uid === uid || artifact.key === uid);
  if (row !== undefined) return row;
  for (const [latest, versions] of world.older) {
    const version = versions.find((record) => record.uid === uid);
    if (version !== undefined) return { ...find(world, latest), ...version };
  }
  throw new BenchkeepError('not_found', `There is no file ${uid}`, 'It may have been removed meanwhile.');
}

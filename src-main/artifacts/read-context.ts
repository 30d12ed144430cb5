/** What reading operations need: both databases, and which computer this is. A read-only connection is enough. */
import type { Kysely } from 'kysely';
import type { InstanceContext } from '../instance/index.ts';
import type { Fs } from '../ports/fs/fs.ts';
import type { RegistryDB } from '../registry/schema.ts';
import type { WorkstationDB } from '../workstation/schema.ts';

export interface ReadContext {
  registry: Kysely<RegistryDB>;
  workstation: Kysely<WorkstationDB>;
  workstationUid: string;
}

/** For operations that also look at content. */
export interface ContentContext extends ReadContext {
  fs: Pick<Fs, 'look' | 'readRange' | 'readFolder'>;
}

/** Reading over the engine's own connections: sees what was just written. */
export function readContext(
  context: Pick<InstanceContext, 'registry' | 'workstation' | 'workstationUid' | 'fs'>,
): ContentContext {
  return {
    registry: context.registry.db,
    workstation: context.workstation.db,
    workstationUid: context.workstationUid,
    fs: context.fs,
  };
}

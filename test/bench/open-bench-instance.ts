/** A registry and a workstation database in a folder of their own, with one linked storage: what registering needs, without a window. */
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { hashPool } from '../../src-main/engine/hash-pool.ts';
import type { RegisterRequest } from '../../src-main/artifacts/index.ts';
import { systemClock } from '../../src-main/ports/clock.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { rawFromText, rawToBytes } from '../../src-main/ports/fs/raw-path.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import { writeRegistry } from '../../src-main/registry/change-log.ts';
import { openRegistry } from '../../src-main/registry/open-registry.ts';
import { openWorkstation } from '../../src-main/workstation/open-workstation.ts';

export interface BenchInstance {
  context: Parameters<typeof import('../../src-main/artifacts/index.ts').registerFiles>[0];
  storage: RegisterRequest['storage'];
  close(): Promise<void>;
}

export async function openBenchInstance(folder: string, root: string): Promise<BenchInstance> {
  mkdirSync(root, { recursive: true });
  const real = rawFromText(realpathSync(root));
  const registry = await openRegistry(rawFromText(join(folder, 'registry.db')), { readonly: false, create: true });
  const workstation = await openWorkstation(rawFromText(join(folder, 'workstation.db')), { readonly: false });
  const hasher = hashPool(2);
  const context = {
    registry,
    workstation,
    hasher,
    fs: nodeFs(systemRandom),
    clock: systemClock,
    random: systemRandom,
    onCommitted: () => undefined,
  };
  await writeRegistry(context, { userId: 1, runId: null }, 'init', (write) => {
    const times = { created_at: write.now, updated_at: write.now };
    write.insert('user', [{ uid: 'benchmrk', handle: 'bench', name: null, ...times }]);
    write.insert('storage', [
      {
        uid: 'benchstorage',
        root,
        root_path: rawToBytes(real),
        description: null,
        type: 'local',
        region: null,
        instance_uid: null,
        managed: 0,
        workstation_uid: 'benchstation',
        watch: 1,
        watch_rule: null,
        transform_id: null,
        run_id: null,
        created_by_id: 1,
        ...times,
      },
    ]);
  });
  const storage = await registry.db.selectFrom('storage').selectAll().executeTakeFirstOrThrow();
  return {
    context,
    storage,
    async close() {
      await hasher.close();
      await registry.db.destroy();
      await workstation.db.destroy();
    },
  };
}

/** Opens an instance whose data folder is on a disk that can't be written; prints what can be done with it. */
import { join } from 'node:path';
import { findStorage, listStorages } from '../../../src-main/storage/index.ts';
import { setSettings, instanceInfo, openInstance } from '../../../src-main/instance/index.ts';
import { mount } from '../../storage/mounts.ts';
import { noHasher, openBenchWorkbench } from '../open-bench.ts';

const [home = ''] = process.argv.slice(2);
mount('--bind', home, home);
mount('-o', 'remount,bind,ro', home);
const workbench = await openBenchWorkbench(home);
const open = await openInstance(workbench, { name: 'lab', hasher: noHasher });
const reads = { registry: open.registry.db, workstation: open.workstation.db, workstationUid: open.workstationUid };
const refused = await setSettings(open, { keep_artifacts_local: true }).then(
  () => 'written',
  (error: { code: string }) => error.code,
);
console.log(
  JSON.stringify({
    info: await instanceInfo(open, workbench, '1'),
    storages: (await listStorages(reads)).items.length,
    found: (await findStorage(open.registry.db, join(home, '..', 'lab'))).root,
    refused,
  }),
);
await open.close();

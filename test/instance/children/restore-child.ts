/** Restores a backup: arguments are the data folder and the backup's id. For being killed on the way. */
import { restoreBackup } from '../../../src-main/instance/index.ts';
import { openBenchWorkbench } from '../open-bench.ts';

const [home = '', id = ''] = process.argv.slice(2);
await restoreBackup(await openBenchWorkbench(home), { name: 'lab', id });

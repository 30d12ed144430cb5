/** Makes an instance: arguments are the data folder and the root. For being killed on the way. */
import { initInstance } from '../../../src-main/instance/index.ts';
import { openBenchWorkbench } from '../open-bench.ts';

const [home = '', root = ''] = process.argv.slice(2);
await initInstance(await openBenchWorkbench(home), { storage: root, name: 'lab' });

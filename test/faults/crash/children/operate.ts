/** Runs one operation (arguments: folder, name of the operation, or `recover`), to be killed on the way. */
import { writeSync } from 'node:fs';
import { openCrashBench } from '../crash-bench.ts';
import { OPERATIONS } from '../operations.ts';

const [base = '', name = ''] = process.argv.slice(2);
const bench = await openCrashBench(base);
if (name === 'recover') await bench.pass();
else {
  // Written at once: what was told is told, whatever comes next.
  await OPERATIONS.find((operation) => operation.name === name)?.run(bench, (what) => {
    writeSync(1, `ACK ${JSON.stringify(what)}\n`);
  });
}
await bench.close();
